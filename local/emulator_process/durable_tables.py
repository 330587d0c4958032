"""Durable DynamoDB items and streams for MiniStack, in a `TableStore`.

MiniStack 1.5.33 writes tables to disk only when it is stopped, and streams never. After a kill it is back in the state
of its last start, and after any restart it skips as many new stream records as had been read before.
"""

import time
from collections import defaultdict
from typing import Any

from ministack.services import dynamodb, lambda_svc

from local.emulator_process.table_store import TableStore

# How long DynamoDB keeps a stream record.
_RETENTION_SECONDS = 24 * 60 * 60


def install(store: TableStore) -> None:
    """Patch MiniStack to write every change of a table to `store`. Raises AttributeError if it has changed."""
    _keep_writes(store)
    _keep_streams(store)
    _keep_items_out_of_the_snapshot()
    _load_from(store)


def positions() -> dict[tuple[str, str, str], int]:
    """Return each event source mapping's position in its stream."""
    return dict(lambda_svc._dynamodb_stream_positions._data)


def _keep_writes(store: TableStore) -> None:
    handle, set_item, remove_item, items_replaced = (
        dynamodb.handle_request,
        dynamodb._set_item,
        dynamodb._remove_item,
        dynamodb._items_replaced,
    )

    async def handle_in_one_transaction(*request: Any) -> Any:
        with store.transaction():
            return await handle(*request)

    def set_and_keep(table: Any, partition_key: str, sort_key: str, item: Any) -> Any:
        old = set_item(table, partition_key, sort_key, item)
        store.put(table["TableId"], partition_key, sort_key, item)
        return old

    def remove_and_keep(table: Any, partition_key: str, sort_key: str) -> Any:
        old = remove_item(table, partition_key, sort_key)
        store.remove(table["TableId"], partition_key, sort_key)
        return old

    def replace_and_keep(table: Any) -> None:
        items_replaced(table)
        store.replace_all(table["TableId"], table["items"])

    dynamodb.handle_request = handle_in_one_transaction
    dynamodb._set_item = set_and_keep
    dynamodb._remove_item = remove_and_keep
    dynamodb._items_replaced = replace_and_keep


def _keep_streams(store: TableStore) -> None:
    emit = dynamodb._emit_stream_event

    def emit_and_keep(table_name: str, *change: Any, **options: Any) -> None:
        end = dynamodb.stream_end_position(table_name)
        emit(table_name, *change, **options)
        if dynamodb.stream_end_position(table_name) > end:
            record = dynamodb.stream_live_records(table_name)[-1]
            store.append_change(dynamodb._tables[table_name]["TableId"], end, record)

    dynamodb._emit_stream_event = emit_and_keep


def _keep_items_out_of_the_snapshot() -> None:
    get_state = dynamodb.get_state

    def get_state_without_items() -> dict[str, Any]:
        state: dict[str, Any] = get_state()
        for table in state["tables"].all_values():
            table["items"] = {}
        return state

    dynamodb.get_state = get_state_without_items


def _load_from(store: TableStore) -> None:
    load_tables, restore_functions = dynamodb.load_persisted_state, lambda_svc._restore_state

    def load_tables_and_items(snapshot: Any) -> None:
        load_tables(snapshot)
        tables = list(dynamodb._tables.all_items())
        for scope, table in tables:
            if store.is_new:  # the snapshot is from a version without a store
                store.replace_all(table["TableId"], table["items"])
            else:
                table["items"] = defaultdict(dict, store.items(table["TableId"]))
                dynamodb._update_counts(table)
            _load_stream(store, scope, table["TableId"])
        store.keep_only({table["TableId"] for _, table in tables})

    def restore_functions_and_positions(snapshot: Any) -> None:
        restore_functions(snapshot)
        kept = lambda_svc._dynamodb_stream_positions._data
        kept.update(dict.fromkeys(kept, 0) if store.is_new else store.positions())

    dynamodb.load_persisted_state = load_tables_and_items
    lambda_svc._restore_state = restore_functions_and_positions


def _load_stream(store: TableStore, scope: tuple[str, str, str], table_id: str) -> None:
    kept = store.changes(table_id)
    if not kept:
        return
    # Positions count from the stream's beginning, so the number of trimmed records must be restored too.
    dynamodb._stream_trimmed.set_scoped(*scope, kept[0][0])
    dynamodb._stream_records.set_scoped(*scope, [record for _, record in kept])
    oldest = time.time() - _RETENTION_SECONDS
    live = [position for position, record in kept if record["dynamodb"]["ApproximateCreationDateTime"] >= oldest]
    # Keep the last record in any case: it determines the next one's position.
    store.forget_changes_before(table_id, live[0] if live else kept[-1][0])
