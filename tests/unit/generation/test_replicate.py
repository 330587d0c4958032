"""The client of Replicate's API: its requests, and its interpretation of each response."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asset_api.generation.predictions import (
    AccountRefusedError,
    InputRefusedError,
    NoResponseError,
    NotExecutedError,
    Prediction,
    PredictionNotFoundError,
    ProviderError,
    ServerFailedError,
)
from asset_api.generation.replicate import Replicate
from tests import fake_replicate
from tests.fake_replicate import FakeReplicate, Problem, Silence

WEBHOOK = "https://assets.example.com/api/v2/webhooks/replicate?job=1"
MODEL = "minimax/video-01"
INPUT = {"prompt": "wave"}


@pytest.fixture(scope="module")
def running_server() -> Iterator[FakeReplicate]:
    with fake_replicate.running() as server:
        yield server


@pytest.fixture
def server(running_server: FakeReplicate) -> FakeReplicate:
    running_server.forget()
    return running_server


@pytest.fixture
def client(server: FakeReplicate) -> Replicate:
    return Replicate("r8_token", server.url)


def create(client: Replicate, model_id: str = MODEL, webhook: str | None = WEBHOOK) -> Prediction:
    return client.create(model_id, INPUT, webhook=webhook, cancel_after_seconds=3600)


def now() -> datetime:
    return datetime.now(UTC)


def test_creates_a_prediction_by_model_name(client: Replicate, server: FakeReplicate) -> None:
    prediction = create(client)
    assert prediction.status == "starting"
    ((method, path, headers),) = server.requests
    assert (method, path) == ("POST", "/v1/models/minimax/video-01/predictions")
    assert headers["Authorization"] == "Bearer r8_token"
    assert headers["Cancel-After"] == "3600s"
    assert server.created == [{"input": INPUT, "webhook": WEBHOOK, "webhook_events_filter": ["completed"]}]


def test_creates_a_prediction_by_version(client: Replicate, server: FakeReplicate) -> None:
    create(client, "owner/name:0f0f", None)
    assert server.requests[0][1] == "/v1/predictions"
    assert server.created == [{"input": INPUT, "version": "owner/name:0f0f"}]


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        (Problem(400), InputRefusedError),
        (Problem(404), InputRefusedError),
        (Problem(422), InputRefusedError),
        (Problem(401), AccountRefusedError),
        (Problem(402), AccountRefusedError),
        (Problem(403), AccountRefusedError),
        (Problem(429), NotExecutedError),
        (Problem(503), NotExecutedError),
        (Problem(500), ServerFailedError),
        (Problem(502), ServerFailedError),
        (Problem(504), ServerFailedError),
        (Problem(302), ServerFailedError),
        (Problem(201, {"id": "../x", "status": "starting"}), ServerFailedError),
        (Problem(201, {"id": "x", "status": None}), ServerFailedError),
        (Silence(), NoResponseError),
    ],
)
def test_classifies_failed_creates(
    client: Replicate, server: FakeReplicate, behavior: Problem | Silence, error: type[ProviderError]
) -> None:
    server.misbehavior.append(behavior)
    with pytest.raises(error) as raised:
        create(client)
    assert type(raised.value) is error
    assert len(server.requests) == 1


def test_an_unreachable_provider_has_created_nothing() -> None:
    with pytest.raises(NotExecutedError):
        create(Replicate("r8_token", "http://127.0.0.1:1"))
    with pytest.raises(NotExecutedError):
        create(Replicate("r8_token", "http://a-name.invalid"))


@pytest.mark.parametrize(
    ("problem", "seconds"),
    [
        (Problem(429, {"retry_after": 30}), 30),
        (Problem(429, {"retry_after": 0}), 1),
        (Problem(429, {"retry_after": 1e9}), 600),
        (Problem(429, {"retry_after": 2.7}), 2),
        (Problem(429, {"retry_after": "soon"}), 15),
        (Problem(429, headers={"Retry-After": "7"}), 7),
        (Problem(429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), 15),
        (Problem(429, {"detail": "Request was throttled. Your rate limit resets in ~30s."}), 30),
        (Problem(429), 15),
        (Problem(503, {"retry_after": float("inf")}), 15),
    ],
)
def test_returns_the_providers_retry_after(
    client: Replicate, server: FakeReplicate, problem: Problem, seconds: int
) -> None:
    server.misbehavior.append(problem)
    with pytest.raises(NotExecutedError) as raised:
        create(client)
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "- input.image:  must be\n an image"}, "- input.image: must be an image"),
        ({"title": "Input validation failed"}, "Input validation failed"),
        ({"detail": [{"loc": ["input"]}]}, '[{"loc": ["input"]}]'),
        ({}, "it does not say why"),
        ({"detail": "x" * 9999}, "x" * 500),
        ({"detail": "half a pair: \ud83d"}, "half a pair: ?"),
        (
            {"detail": "not an image: https://a/b?expires=1&signature=c"},
            "not an image: https://a/b?expires=[removed]&signature=[removed]",
        ),
    ],
)
def test_passes_on_the_providers_message(
    client: Replicate, server: FakeReplicate, body: dict[str, Any], words: str
) -> None:
    server.misbehavior.append(Problem(422, body))
    with pytest.raises(InputRefusedError) as raised:
        create(client)
    assert raised.value.message == words


def test_gets_and_cancels_predictions(client: Replicate, server: FakeReplicate) -> None:
    prediction_id = create(client).prediction_id
    server.becomes("processing")
    assert client.get(prediction_id).status == "processing"
    assert client.cancel(prediction_id).status == "canceled"
    assert client.cancel(prediction_id).status == "canceled"
    with pytest.raises(PredictionNotFoundError):
        client.get("none")
    with pytest.raises(PredictionNotFoundError):
        client.cancel("none")


@pytest.mark.parametrize("lists_webhooks", [True, False])
def test_finds_the_prediction_of_a_webhook(client: Replicate, server: FakeReplicate, lists_webhooks: bool) -> None:
    server.lists_webhooks = lists_webhooks
    start = now()
    wanted = create(client)
    create(client, webhook=WEBHOOK + "0")
    found = client.find(WEBHOOK, MODEL, INPUT, start)
    assert found is not None
    assert found.prediction_id == wanted.prediction_id
    assert client.find(WEBHOOK + "1", MODEL, INPUT, start) is None


def test_finding_is_uncertain_if_webhooks_are_hidden(client: Replicate, server: FakeReplicate) -> None:
    server.shows_webhooks = False
    create(client)
    with pytest.raises(ServerFailedError):
        client.find(WEBHOOK, MODEL, INPUT, now())
    assert client.find(WEBHOOK, MODEL, {"prompt": "another"}, now()) is None


def test_searches_no_further_back_than_the_request(client: Replicate, server: FakeReplicate) -> None:
    create(client)
    server.predictions["p" + "0" * 25]["created_at"] = (now() - timedelta(hours=1)).isoformat()
    server.lists_webhooks = True
    assert client.find(WEBHOOK, MODEL, INPUT, now()) is None
    assert client.find(WEBHOOK, MODEL, INPUT, now() - timedelta(hours=2)) is not None


def test_finding_is_certain_only_among_a_hundred_candidates(client: Replicate, server: FakeReplicate) -> None:
    for number in range(100):
        create(client, webhook=f"{WEBHOOK}{number}x")
    assert client.find(WEBHOOK, MODEL, INPUT, now()) is None
    server.requests.clear()
    create(client, webhook=f"{WEBHOOK}100x")
    with pytest.raises(ServerFailedError):
        client.find(WEBHOOK, MODEL, INPUT, now())
    assert sum(path.startswith("/v1/predictions/") for _, path, _ in server.requests) == 100


def test_looks_first_at_predictions_created_at_that_time(client: Replicate, server: FakeReplicate) -> None:
    for number in range(60):
        create(client, webhook=f"{WEBHOOK}{number}")
        created_at = now() + timedelta(seconds=number - 30)
        list(server.predictions.values())[-1]["created_at"] = created_at.isoformat()
    assert client.find(f"{WEBHOOK}31", MODEL, INPUT, now()) is not None


def test_reads_up_to_three_pages_and_is_uncertain_beyond(client: Replicate, server: FakeReplicate) -> None:
    wanted = create(client)
    for number in range(299):
        create(client, webhook=f"{WEBHOOK}{number}x")
    server.lists_webhooks = True
    found = client.find(WEBHOOK, MODEL, INPUT, now())
    assert found is not None
    assert found.prediction_id == wanted.prediction_id
    assert client.find(WEBHOOK + "y", MODEL, INPUT, now()) is None
    create(client, webhook=f"{WEBHOOK}299x")
    with pytest.raises(ServerFailedError):
        client.find(WEBHOOK, MODEL, INPUT, now())


def test_finding_is_uncertain_if_entries_have_no_time(client: Replicate, server: FakeReplicate) -> None:
    create(client)
    server.predictions["p" + "0" * 25]["created_at"] = None
    with pytest.raises(ServerFailedError):
        client.find(WEBHOOK, MODEL, INPUT, now())


def test_a_failed_list_is_not_an_empty_list(client: Replicate, server: FakeReplicate) -> None:
    for outage in (Problem(500), Problem(429), Silence(), Problem(200, {"results": None})):
        server.outages.append(outage)
        with pytest.raises(ProviderError):
            client.find(WEBHOOK, MODEL, INPUT, now())


def test_accepts_only_webhooks_that_the_provider_can_reach() -> None:
    assert Replicate("t", "https://api.replicate.com").accepts_webhook("https://assets.example.com/")
    assert not Replicate("t", "https://api.replicate.com").accepts_webhook("http://localhost:8000/")
    assert Replicate("t", "http://127.0.0.1:9000").accepts_webhook("http://localhost:8000/")


def test_its_repr_shows_neither_token_nor_input(client: Replicate) -> None:
    assert "r8_token" not in repr(client)
    assert "wave" not in repr(create(client))


def test_error_messages_can_be_stored() -> None:
    prediction = Prediction.from_json({"id": "p", "status": "failed", "error": "half a pair: \ud83d"})
    assert prediction.error == "half a pair: ?"
