"""A session of botocore as the functions need it: with its own amendments of AWS's models, and without what serves
services that are never called."""

from pathlib import Path

import botocore.session
from botocore import handlers

_MODELS = Path(__file__).parent / "aws_models"
# As botocore names them in its events.
SERVICES = frozenset({"cloudfront", "dynamodb", "s3", "sqs"})


def new() -> botocore.session.Session:
    """boto3's would add 20 ms to a cold start and nothing that is used here."""
    session = botocore.session.Session(include_builtin_handlers=False)
    events = session.get_component("event_emitter")
    # Two thirds of botocore's handlers write documentation, or serve a single service; each takes its time to register.
    for event, handler, *order in handlers.BUILTIN_HANDLERS:
        if not concerns(event):
            continue
        if handlers.REGISTER_FIRST in order:
            events.register_first(event, handler)
        elif handlers.REGISTER_LAST in order:
            events.register_last(event, handler)
        else:
            events.register(event, handler)
    # botocore's own way to amend its models (`botocore.loaders`): ours has it leave DynamoDB's items and values as they
    # are in JSON, instead of walking each one twice. That would break binary ones, of which there are none here.
    session.get_component("data_loader").search_paths.append(str(_MODELS))
    return session


def concerns(event: str) -> bool:
    """Whether `event` ("before-call.s3.CopyObject", "choose-signer") may come of a call of one of `SERVICES`."""
    kind, _, rest = event.partition(".")
    service = rest.partition(".")[0]
    return kind != "docs" and (service in SERVICES or service in ("", "*"))
