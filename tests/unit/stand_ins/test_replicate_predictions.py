"""The stand-in's predictions as values: their lifecycle, documents and pages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stand_ins.replicate.creation import RefusedError
from stand_ins.replicate.pages import PAGE_SIZE, page
from stand_ins.replicate.predictions import (
    DEFAULT_EVENTS,
    NO_VERSION,
    AlreadyEndedError,
    Prediction,
    document,
    list_entry,
    new_id,
)
from stand_ins.replicate.storage import Storage

CREATED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
API = "http://127.0.0.1:1"
HOUR = timedelta(hours=1)


def after(seconds: float) -> datetime:
    return CREATED + timedelta(seconds=seconds)


def prediction(webhook: str | None = None) -> Prediction:
    return Prediction(new_id(), "a/b", NO_VERSION, {"prompt": "p"}, webhook, DEFAULT_EVENTS, CREATED)


def test_a_new_prediction_is_starting() -> None:
    new = prediction()
    assert document(new, API, is_removed=False) == {
        "id": new.id,
        "model": "a/b",
        "version": "hidden",
        "input": {"prompt": "p"},
        "logs": "",
        "output": None,
        "data_removed": False,
        "error": None,
        "source": "api",
        "status": "starting",
        "created_at": "2026-01-02T03:04:05.678901Z",
        "started_at": None,
        "completed_at": None,
        "metrics": {},
        "urls": {
            "get": f"{API}/v1/predictions/{new.id}",
            "cancel": f"{API}/v1/predictions/{new.id}/cancel",
            "web": f"{API}/p/{new.id}",
        },
    }


def test_ids_have_replicates_format() -> None:
    assert len(new_id()) == 26
    assert new_id().isalnum()
    assert new_id() != new_id()


def test_a_success_has_output_and_metrics() -> None:
    done = prediction().started(after(2)).logged("x").with_output("http://o", "d").succeeded(after(5))
    shown = document(done, API, is_removed=False)
    assert (shown["status"], shown["output"], shown["error"], shown["logs"]) == ("succeeded", "http://o", None, "x\n")
    assert shown["metrics"] == {"predict_time": 3.0, "total_time": 5.0}
    assert shown["completed_at"] == "2026-01-02T03:04:10.678901Z"


def test_an_aborted_prediction_never_ran() -> None:
    shown = document(prediction().aborted(after(9)), API, is_removed=False)
    assert (shown["status"], shown["started_at"], shown["metrics"]) == ("aborted", None, {"total_time": 9.0})
    with pytest.raises(ValueError, match="canceled, not aborted"):
        prediction().started(after(1)).aborted(after(2))


@pytest.mark.parametrize(
    "ended",
    [
        prediction().started(CREATED).succeeded(CREATED),
        prediction().started(CREATED).failed("words", CREATED),
        prediction().canceled(CREATED),
        prediction().aborted(CREATED),
    ],
    ids=lambda one: one.status,
)
def test_an_ended_prediction_does_not_change(ended: Prediction) -> None:
    assert ended.has_ended
    for change in (ended.started, ended.succeeded, ended.canceled, ended.aborted, lambda _: ended.logged("x")):
        with pytest.raises(AlreadyEndedError):
            change(after(1))


def test_input_output_and_logs_are_removed_an_hour_after_the_end() -> None:
    done = prediction().started(CREATED).logged("x").with_output("http://o", "d").succeeded(CREATED)
    assert not done.is_removed(after(3599), HOUR)
    assert done.is_removed(after(3600), HOUR)
    assert not prediction().is_removed(after(36000), HOUR)
    shown = document(done, API, is_removed=True)
    assert (shown["input"], shown["output"], shown["logs"], shown["data_removed"]) == ({}, None, "", True)


def test_a_list_shows_neither_logs_nor_webhook() -> None:
    whole = document(prediction("http://w"), API, is_removed=False)
    assert whole["webhook"] == "http://w"
    assert whole["webhook_events_filter"] == ["output", "completed"]
    assert set(whole) - set(list_entry(whole)) == {"logs", "webhook", "webhook_events_filter"}


def test_pages_are_newest_first_and_linked() -> None:
    oldest_first = [replace(prediction(), created_at=after(number)) for number in range(2 * PAGE_SIZE + 1)]
    first = page(oldest_first, {})
    assert list(first.predictions) == oldest_first[: -PAGE_SIZE - 1 : -1]
    assert first.previous is None
    assert first.next is not None
    second = page(oldest_first, first.next)
    assert second.next is not None
    last = page(oldest_first, second.next)
    assert list(last.predictions) == oldest_first[:1]
    assert last.next is None
    assert last.previous is not None
    assert page(oldest_first, last.previous).predictions == second.predictions


def test_a_list_can_be_filtered_by_time() -> None:
    oldest_first = [replace(prediction(), created_at=after(number)) for number in range(4)]
    limits = {"created_after": after(1).isoformat(), "created_before": after(3).isoformat()}
    assert list(page(oldest_first, limits).predictions) == [oldest_first[2], oldest_first[1]]


@pytest.mark.parametrize(
    "query", [{"cursor": "?"}, {"cursor": "cD14"}, {"created_after": "x"}, {"created_before": "2026-01-02"}]
)
def test_refuses_a_malformed_cursor_or_time(query: dict[str, str]) -> None:
    with pytest.raises(RefusedError) as refused:
        page([prediction()], query)
    assert refused.value.problem.status == 400


def test_predictions_survive_a_restart(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    delivery, interrupted = storage.new_delivery(), storage.new_delivery()
    running = replace(prediction("http://w"), deadline=after(60)).started(after(1))
    done = replace(prediction(), created_at=after(-1)).started(CREATED).with_output(["u"], delivery).succeeded(after(3))
    for one in (running, done):
        storage.put(one)
    again = Storage(tmp_path)
    assert again.oldest_first() == [done, running]
    assert again.of_delivery(delivery) == done
    assert again.output_file(delivery).parent.is_dir()
    assert not again.output_file(interrupted).parent.exists()
