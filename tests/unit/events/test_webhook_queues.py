"""Pauses between attempts: growing, with jitter, for a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.events.webhook_queues import LONGEST_PAUSE_SECONDS, RETRIED_SECONDS, pause_seconds
from tests.template.cloudformation import load

MOST_RECEIVED: int = load("webhook-receiver.yaml")["Resources"]["Queue"]["Properties"]["RedrivePolicy"][
    "maxReceiveCount"
]


@given(st.randoms(use_true_random=False), st.floats(0, 12))
def test_a_dead_receiver_is_tried_for_a_day_before_the_dead_letter(random: object, attempt_seconds: float) -> None:
    age, pauses = 0.0, []
    while age < RETRIED_SECONDS:
        age += attempt_seconds
        pauses.append(pause_seconds(age, retry_after=0, draw=random.uniform))  # type: ignore[attr-defined]
        # SQS redelivers a message some time after it is due.
        age += pauses[-1] + 0.5
    assert 10 <= len(pauses) <= MOST_RECEIVED / 2
    assert RETRIED_SECONDS <= age < RETRIED_SECONDS + 30
    assert max(pauses) <= LONGEST_PAUSE_SECONDS * 1.25
    first, last = sum(pauses[: len(pauses) // 2]), sum(pauses[len(pauses) // 2 :])
    assert first < last / 10


@given(age=st.floats(0, 2 * RETRIED_SECONDS), retry_after=st.integers(0, 10**6), share=st.floats(0.75, 1.25))
def test_pauses_fit_sqs_limits(age: float, retry_after: int, share: float) -> None:
    pause = pause_seconds(age, retry_after=retry_after, draw=lambda _low, _high: share)
    assert 0 <= pause <= 43_200 - 60


@pytest.mark.parametrize(("requested", "expected"), [(0, 5), (3, 5), (60, 60), (10**6, LONGEST_PAUSE_SECONDS)])
def test_a_receiver_can_request_a_longer_pause(requested: int, expected: int) -> None:
    assert pause_seconds(1, retry_after=requested, draw=lambda _low, _high: 1) == expected


def test_jitter_is_at_most_a_quarter() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    assert pause_seconds(1000, retry_after=0, draw=draw) == 750
    assert drawn == [(0.75, 1.25)]
