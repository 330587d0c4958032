"""The session's handlers: all that botocore's own would call for the services that are used."""

import itertools

import pytest
from botocore import handlers
from botocore.session import Session

from asset_api.platform import aws_session
from cut_botocore import OPERATIONS

KINDS = sorted({event.partition(".")[0] for event, *_ in handlers.BUILTIN_HANDLERS} - {"docs"})
EVENTS = [
    f"{kind}.{service}.{operation}"
    for kind, (service, operations) in itertools.product(KINDS, OPERATIONS.items())
    for operation in operations
]


def registered(session: Session, event: str) -> list[object]:
    """But for Powertools', which registers its own with every new session."""
    emitter = session.get_component("event_emitter")._emitter
    return [
        handler
        for handler in emitter._handlers.prefix_search(event)
        if not handler.__module__.startswith("aws_lambda_powertools")
    ]


def test_the_services_are_those_that_are_described() -> None:
    assert OPERATIONS.keys() == aws_session.SERVICES


def test_every_event_of_a_used_operation_has_all_its_handlers_in_order() -> None:
    full, ours = Session(), aws_session.new()
    called = {event: registered(full, event) for event in EVENTS}
    assert any(called.values())
    assert {event: registered(ours, event) for event in EVENTS} == called


def test_what_is_left_out_belongs_to_other_services_or_to_the_documentation() -> None:
    left_out = {event for event, *_ in handlers.BUILTIN_HANDLERS if not aws_session.concerns(event)}
    assert left_out
    assert {event.split(".")[1] for event in left_out if not event.startswith("docs.")}.isdisjoint(OPERATIONS)


@pytest.mark.parametrize("event", ["choose-signer", "before-send", "before-call.s3.CopyObject", "before-parse.*.Query"])
def test_what_may_come_of_a_used_service_concerns_it(event: str) -> None:
    assert aws_session.concerns(event)


@pytest.mark.parametrize("event", ["docs.*.s3.CopyObject.complete-section", "before-call.glacier", "getattr.mturk.x"])
def test_what_cannot_does_not(event: str) -> None:
    assert not aws_session.concerns(event)
