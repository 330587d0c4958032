"""MiniStack with all patches. Importing this module loads the objects on disk."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import iam_actions, lambda_runtime
from ministack.services import lambda_svc, s3, sqs

from local.emulator_process import (
    conditions,
    distribution,
    durable_tables,
    function_logs,
    interrupted_work,
    nested_stacks,
    object_versions,
    root_key,
    shared_layers,
)
from local.emulator_process.object_files import UnsyncedFiles
from local.emulator_process.request_guard import SAVE, Application, Message, Receive, Rules, Scope, Send, guarded
from local.emulator_process.saving import Saver
from local.emulator_process.settings import Settings
from local.emulator_process.table_store import TableStore


def run(settings: Settings, directory: Path) -> None:
    """Serve until SIGTERM. `directory` is where MiniStack keeps its state."""
    directory.mkdir(parents=True, exist_ok=True)
    store, files = TableStore(directory / "tables.sqlite"), UnsyncedFiles()
    s3._atomic_write = files.watch(s3._atomic_write)
    durable_tables.install(store)
    function_logs.install()
    shared_layers.install()
    object_versions.install()
    interrupted_work.install()
    conditions.install()
    nested_stacks.install()
    root_key.install(settings.root_access_key_id, settings.root_secret_access_key)
    _name_queues_without_the_port()
    _parse_concurrency_bounds()
    _authorize_batches_like_messages()
    application = _saving(ministack.app, Saver(directory, store, files))
    ministack.app = guarded(application, Rules(settings.front_door_key, re.compile(settings.form_buckets)))
    # Outermost: requests from the front door may be a browser's, and are admitted by its key.
    distribution.install(settings.front_door_key)
    # MiniStack must not parse our command line.
    sys.argv = ["ministack"]
    try:
        ministack.main()
    finally:
        # MiniStack saves its state when it ends, but leaves functions' processes and directories behind.
        lambda_runtime.reset()
        shared_layers.remove()
        store.close()


def _name_queues_without_the_port() -> None:
    # MiniStack 1.5.33 saves queues under URLs that contain its port: after a restart on another port, Lambda's pollers
    # would not find them. Clients get URLs with the host and port they called in any case.
    vars(sqs).update(DEFAULT_PORT="4566", _CANONICAL_NETLOC=f"{sqs.DEFAULT_HOST}:4566")


def _authorize_batches_like_messages() -> None:
    # SQS has one permission for sending a message or a batch ("Actions, resources, and condition keys for Amazon SQS");
    # MiniStack 1.5.33 requires a separate one for batches.
    action_of = iam_actions._action_from_target

    def action(headers: dict[str, str]) -> str | None:
        found: str | None = action_of(headers)
        return "SendMessage" if found == "SendMessageBatch" else found

    iam_actions._action_from_target = action


def _parse_concurrency_bounds() -> None:
    # MiniStack 1.5.33 keeps a bound from a template parameter as text, which its pollers compare with a number.
    concurrency_of = lambda_svc._sqs_esm_concurrency

    def concurrency(mapping: dict[str, Any], *others: Any) -> int:
        bounds = {name: int(bound) for name, bound in (mapping.get("ScalingConfig") or {}).items()}
        return int(concurrency_of({**mapping, "ScalingConfig": bounds}, *others))

    lambda_svc._sqs_esm_concurrency = concurrency


def _saving(application: Application, saver: Saver) -> Application:
    """Wrap `application` so that its state is saved while it runs, and at once on request."""

    async def save_and_serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _saving_lifespan(application, saver, scope, receive, send)
        elif (scope.get("method"), scope["path"]) == SAVE:
            await saver.save_everything()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await application(scope, receive, send)

    return save_and_serve


async def _saving_lifespan(application: Application, saver: Saver, scope: Scope, receive: Receive, send: Send) -> None:
    saving: asyncio.Task[None] | None = None

    async def receive_and_stop_saving() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and saving:
            # From here on, MiniStack saves everything itself.
            saving.cancel()
            await asyncio.wait([saving])
        return message

    async def start_saving_and_send(message: Message) -> None:
        nonlocal saving
        if message["type"] == "lifespan.startup.complete":
            if since := saver.crashed_at:
                interrupted_work.announce_objects_since(since)
            saving = asyncio.create_task(saver.run())
        elif message["type"] == "lifespan.shutdown.complete":
            saver.stopped()
        await send(message)

    await application(scope, receive_and_stop_saving, start_saving_and_send)
