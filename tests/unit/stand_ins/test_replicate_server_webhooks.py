"""Webhooks that the stand-in sends, as their endpoint receives them."""

import asyncio
import json

import pytest

from stand_ins.replicate.signing import signature
from tests.unit.stand_ins.replicate_customer import SECRET, Customer, until, with_customer


def test_retries_terminal_webhooks_with_one_id_and_follows_no_redirect() -> None:
    async def scenario(one: Customer) -> None:
        one.statuses = [500, 307, 404]
        prediction_id = await one.created("a/b")

        async def has_ended() -> bool:
            (prediction,) = (await one.ledger())["predictions"]
            return len(prediction["webhooks"]) == 4

        await until(has_ended)
        await asyncio.sleep(0.1)
        assert [len({headers["webhook-id"] for headers, _ in one.received}), len(one.received)] == [1, 4]
        (prediction,) = (await one.ledger())["predictions"]
        assert prediction["id"] == prediction_id
        assert [attempt["status"] for attempt in prediction["webhooks"]] == [500, 307, 404, 200]

    with_customer(scenario)


def test_sends_every_requested_event_in_order() -> None:
    async def scenario(one: Customer) -> None:
        body = {
            "input": {"prompt": "x"},
            "webhook": f"{one.site}/webhook",
            "webhook_events_filter": ["start", "output", "completed"],
        }
        await one.call("POST", "/v1/models/a/b/predictions", body)
        await one.has_received(3)
        prediction = [json.loads(body) for _, body in one.received]
        assert sorted((one["status"], one["output"] is not None) for one in prediction) == [
            ("processing", False),
            ("processing", True),
            ("succeeded", True),
        ]

    with_customer(scenario)


def test_webhooks_can_be_dropped_by_test_or_model() -> None:
    async def scenario(one: Customer) -> None:
        await one.call("POST", "/stand-in/webhooks", {"drop": True})
        await one.ended(await one.created("a/b"))
        await one.call("POST", "/stand-in/webhooks", {"drop": False})
        await one.ended(await one.created("drops-webhook"))
        await asyncio.sleep(0.1)
        assert one.received == []
        assert (await one.call("POST", "/stand-in/webhooks", {"drop": "yes"}))[0] == 422

    with_customer(scenario)


def test_only_the_last_of_five_forged_webhooks_is_genuine() -> None:
    async def scenario(one: Customer) -> None:
        await one.created("forges-webhook")
        await one.has_received(5)
        genuine = [
            json.loads(body)["status"]
            for headers, body in one.received
            if headers.get("webhook-signature")
            == signature(SECRET, headers.get("webhook-id", ""), int(headers.get("webhook-timestamp", 0)), body)
        ]
        # The other one is validly signed, but ten minutes old.
        assert sorted(genuine) == ["failed", "succeeded"]
        assert sorted(one.statuses_told) == ["failed"] * 4 + ["succeeded"]

    with_customer(scenario)


@pytest.mark.parametrize(("model", "count"), [("duplicates-webhook", 3), ("late-webhook", 1)])
def test_webhooks_can_be_repeated_or_late(model: str, count: int) -> None:
    async def scenario(one: Customer) -> None:
        await one.ended(await one.created(model))
        await one.has_received(count)
        assert set(one.statuses_told) == {"succeeded"}

    with_customer(scenario)


def test_webhooks_can_be_out_of_order() -> None:
    async def scenario(one: Customer) -> None:
        await one.created("out-of-order-webhooks")
        await one.has_received(3)
        # Sent in this order, and received in any by a busy machine.
        assert sorted(one.statuses_told) == ["processing", "starting", "succeeded"]

    with_customer(scenario)
