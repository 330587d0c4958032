"""Behaviors of the stand-in's models. The package's docstring has a table of them."""

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Literal

from stand_ins.replicate import problems
from stand_ins.replicate.problems import InvalidField, Problem

OWNER = "stand-in"
_VERSION_ID = re.compile(r"[0-9a-f]{64}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_RETRY_AFTER_SECONDS = 10

Create = Literal[
    "succeeds",
    "rejects input",
    "unauthorized",
    "out of credit",
    "throttles twice",
    "fails",
    "fails once",
    "fails once, after creating",
    "stays silent, after creating",
    "breaks off, after creating",
    "breaks off",
]
Ending = Literal["succeeds", "fails", "aborts", "never starts", "never ends"]
OutputForm = Literal["url", "list", "object", "data url", "null", "elsewhere"]
DeliveryForm = Literal[
    "whole",
    "not a video",
    "too large",
    "too large, undeclared",
    "gone",
    "redirects elsewhere",
    "redirects within",
    "truncated",
]
WebhookForm = Literal["once", "never", "duplicated", "late", "out of order", "forged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """A model's deviations from good behavior. `pace` multiplies its duration."""

    create: Create = "succeeds"
    ending: Ending = "succeeds"
    output: OutputForm = "url"
    delivery: DeliveryForm = "whole"
    webhooks: WebhookForm = "once"
    pace: float = 1.0
    can_be_read: bool = True
    can_be_canceled: bool = True


BEHAVIORS = {
    "behaves": Behavior(),
    "slow": Behavior(pace=20),
    "never-starts": Behavior(ending="never starts"),
    "never-ends": Behavior(ending="never ends"),
    "fails": Behavior(ending="fails"),
    "aborts": Behavior(ending="aborts"),
    "rejects-input": Behavior(create="rejects input"),
    "unauthorized": Behavior(create="unauthorized"),
    "out-of-credit": Behavior(create="out of credit"),
    "throttles-twice": Behavior(create="throttles twice"),
    "errors-500": Behavior(create="fails"),
    "errors-500-once": Behavior(create="fails once"),
    "errors-500-after-creating": Behavior(create="fails once, after creating"),
    "create-times-out-after-creating": Behavior(create="stays silent, after creating"),
    "create-breaks-off-after-creating": Behavior(create="breaks off, after creating"),
    "create-breaks-off": Behavior(create="breaks off"),
    "get-errors-500": Behavior(can_be_read=False),
    "cancel-errors-500": Behavior(can_be_canceled=False),
    "drops-webhook": Behavior(webhooks="never"),
    "duplicates-webhook": Behavior(webhooks="duplicated"),
    "late-webhook": Behavior(webhooks="late"),
    "out-of-order-webhooks": Behavior(webhooks="out of order"),
    "forges-webhook": Behavior(webhooks="forged"),
    "output-list": Behavior(output="list"),
    "output-object": Behavior(output="object"),
    "output-data-url": Behavior(output="data url"),
    "output-null": Behavior(output="null"),
    "output-elsewhere": Behavior(output="elsewhere"),
    "output-not-a-video": Behavior(delivery="not a video"),
    "output-too-large": Behavior(delivery="too large"),
    "output-too-large-undeclared": Behavior(delivery="too large, undeclared"),
    "output-gone": Behavior(delivery="gone"),
    "output-redirects-elsewhere": Behavior(delivery="redirects elsewhere"),
    "output-redirects-within": Behavior(delivery="redirects within"),
    "output-truncated": Behavior(delivery="truncated"),
}


@dataclass(frozen=True, slots=True)
class Reception:
    """The outcome of a create: whether it makes a prediction, and the response to the client."""

    creates: bool
    response: Literal["prediction", "problem", "nothing", "silence"]
    problem: Problem | None = None


_CREATED = Reception(creates=True, response="prediction")


def behavior_of(model: str) -> Behavior | None:
    """Return the behavior of model `owner/name`, or None if it does not exist."""
    if not _MODEL.fullmatch(model):
        return None
    owner, _, name = model.partition("/")
    return BEHAVIORS.get(name) if owner == OWNER else Behavior()


def version_of(model: str) -> str:
    """Return the id of the only version of a stand-in `model`."""
    return hashlib.sha256(model.encode()).hexdigest()


_MODELS_OF_VERSIONS = {version_of(f"{OWNER}/{name}"): f"{OWNER}/{name}" for name in BEHAVIORS}


def model_of_version(version: str) -> str | None:
    """Return the model of a version id, with or without `owner/name:`; None if the version cannot exist."""
    model, _, identifier = version.rpartition(":")
    if not _VERSION_ID.fullmatch(identifier):
        # Official models need no version.
        return version if not model and _MODEL.fullmatch(version) else None
    return model or _MODELS_OF_VERSIONS.get(identifier, f"{OWNER}/behaves")


def receive(create: Create, attempt: int, speed: float) -> Reception:
    """Decide the outcome of the `attempt`th create of the same body, counted from 1."""
    match create:
        case "rejects input":
            too_long = InvalidField("input.duration", "number_lte", "Must be less than or equal to 10")
            return _refused(problems.invalid([too_long]))
        case "unauthorized":
            return _refused(problems.UNAUTHENTICATED)
        case "out of credit":
            return _refused(problems.NO_CREDIT)
        case "throttles twice" if attempt <= 2:
            return _refused(problems.throttled(max(1, math.ceil(_RETRY_AFTER_SECONDS / speed))))
        case "fails":
            return _refused(problems.INTERNAL)
        case "fails once" if attempt == 1:
            return _refused(problems.INTERNAL)
        case "fails once, after creating" if attempt == 1:
            return Reception(creates=True, response="problem", problem=problems.INTERNAL)
        case "stays silent, after creating":
            return Reception(creates=True, response="silence")
        case "breaks off, after creating":
            return Reception(creates=True, response="nothing")
        case "breaks off":
            return Reception(creates=False, response="nothing")
    return _CREATED


def _refused(problem: Problem) -> Reception:
    return Reception(creates=False, response="problem", problem=problem)
