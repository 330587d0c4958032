"""Changes of the table, and the events that follow from them."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel

from asset_api.events import changes
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import ENDED, IN_FLIGHT, STATUSES, Status
from tests.functions.triggers import sample
from tools.openapi import events
from tools.openapi.__main__ import specification

BASE_URL = "https://assets.example.com"
JOB_ID = ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


def signed(path: str, now: datetime, _ends: int | None) -> str:
    return f"{path}?from={now:%H:%M:%S}"


def changed(name: str, sort_key: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    keys = {"owner": {"S": "alice"}, "sk": {"S": sort_key}}
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventName": name,
        "dynamodb": {
            "ApproximateCreationDateTime": 1763210096,
            "Keys": keys,
            **{image: {**keys, **item} for image, item in images.items() if item is not None},
        },
    }


def job(status: Status, error_message: str | None = None) -> dict[str, Any]:
    """Make a complete item of a job."""
    made = Job(
        job_id=JOB_ID,
        owner="alice",
        model_id="minimax/video-01",
        prompt="wave",
        asset_id=ASSET_ID,
        input={"prompt": "wave"},
        webhook="https://assets.example.com/api/v2/webhooks/replicate",
        deadline=1763213696,
        check_at=1763210106,
        status=status,
        prediction_id="ufawqhfynnddngldkgtslldrkq",
        error_message=error_message,
        ended_at=1763210096,
    )
    return dict(made.to_item())


@pytest.mark.parametrize("before", IN_FLIGHT)
@pytest.mark.parametrize("after", ENDED)
def test_a_job_that_ends_is_an_event(before: Status, after: Status) -> None:
    event = changes.to_event(changed("MODIFY", f"job#{JOB_ID}", job(before), job(after)), BASE_URL, signed)
    assert event is not None
    assert event.event_id == f"job_{after}_{JOB_ID}"
    payload = event.to_json()
    assert (payload["type"], payload["timestamp"]) == (f"job.{after}", "2025-11-15T12:34:56Z")
    assert payload["data"]["owner"] == "alice"
    assert payload["data"]["job"]["status"] == after
    url = f"{BASE_URL}/api/v2/assets/{ASSET_ID}" if after == "completed" else None
    assert payload["data"]["job"]["video_url"] == url


@pytest.mark.parametrize(("before", "after"), [(old, new) for old in STATUSES for new in STATUSES])
def test_other_changes_of_a_job_are_not_events(before: Status, after: Status) -> None:
    event = changes.to_event(changed("MODIFY", f"job#{JOB_ID}", job(before), job(after)), BASE_URL, signed)
    assert (event is not None) == (before in IN_FLIGHT and after in ENDED)


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
@pytest.mark.parametrize("sort_key", [f"asset#{ASSET_ID}", f"tombstone#{ASSET_ID}"])
def test_only_a_new_asset_item_is_an_event(name: str, sort_key: str) -> None:
    assert changes.to_event(changed(name, sort_key, {}, {} if name == "MODIFY" else None), BASE_URL, signed) is None


@pytest.mark.parametrize("sort_key", ["usage", f"tag#red#asset#{ASSET_ID}", f"job#{JOB_ID}"])
def test_other_new_items_are_not_events(sort_key: str) -> None:
    assert changes.to_event(changed("INSERT", sort_key, None, {}), BASE_URL, signed) is None


@pytest.mark.parametrize(("stored", "shown"), [({}, "delete"), ({"cause": {"S": "expiry"}}, "expiry")])
def test_a_tombstone_states_the_cause(stored: dict[str, Any], shown: str) -> None:
    event = changes.to_event(changed("INSERT", f"tombstone#{ASSET_ID}", None, stored), BASE_URL, signed)
    assert event is not None
    assert event.data["cause"] == shown


@pytest.mark.parametrize("cause", ["abort", "failed", "quota", "unlisted", "added-by-a-later-release"])
def test_a_tombstone_of_an_asset_that_was_never_listed_is_not_an_event(cause: str) -> None:
    record = changed("INSERT", f"tombstone#{ASSET_ID}", None, {"cause": {"S": cause}})
    assert changes.to_event(record, BASE_URL, signed) is None


def test_a_refusal_names_the_owner_and_the_reason() -> None:
    stored = {"filename": {"S": "image.png"}, "reason": {"S": "Empty file"}, "expires_at": {"N": "1763469296"}}
    event = changes.to_event(changed("INSERT", f"refusal#{ASSET_ID}", None, stored), BASE_URL, signed)
    assert event is not None
    assert (event.event_id, event.type) == (f"asset_refused_{ASSET_ID}", "asset.refused")
    assert event.data == {"owner": "alice", "asset_id": ASSET_ID, "filename": "image.png", "reason": "Empty file"}


@pytest.mark.parametrize(
    ("record", "model"),
    [
        (sample("dispatch")["Records"][0], events.AssetPublishedEvent),
        (changed("INSERT", f"tombstone#{ASSET_ID}", None, {}), events.AssetDeletedEvent),
        (
            changed("INSERT", f"refusal#{ASSET_ID}", None, {"filename": {"S": "a.png"}, "reason": {"S": "Empty file"}}),
            events.AssetRefusedEvent,
        ),
        *(
            (changed("MODIFY", f"job#{JOB_ID}", job("processing"), job(status)), events.JobEndedEvent)
            for status in ENDED
        ),
    ],
)
def test_payloads_match_the_openapi_document(record: dict[str, Any], model: type[BaseModel]) -> None:
    event = changes.to_event(record, BASE_URL, signed)
    assert event is not None
    payload = event.to_json()
    validated = model.model_validate(payload)
    assert payload.keys() == validated.model_dump().keys()
    assert event.type in specification()["webhooks"]


def test_no_event_id_contains_a_full_stop() -> None:
    records = [
        changed("MODIFY", f"job#{JOB_ID}", job("processing"), job("failed", error_message="no")),
        changed("INSERT", f"tombstone#{ASSET_ID}", None, {}),
    ]
    events = [changes.to_event(record, BASE_URL, signed) for record in records]
    assert all(event is not None and "." not in event.event_id for event in events)
