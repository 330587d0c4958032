"""Replicate's errors: `application/problem+json` (RFC 9457), with the service's own text where it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error response. Replicate omits some titles."""

    status: int
    detail: str
    title: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        return {
            **({"title": self.title} if self.title else {}),
            "detail": self.detail,
            "status": self.status,
            **self.more,
        }


UNAUTHENTICATED = Problem(401, "You did not pass a valid authentication token", "Unauthenticated")
NOT_FOUND = Problem(404, "The requested resource could not be found.")
NO_CREDIT = Problem(
    402,
    "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase "
    "credit. Once you purchase credit, please wait a few minutes before trying again.",
    "Insufficient credit",
)
INVALID_VERSION = Problem(
    422,
    "The specified version does not exist (or perhaps you don't have permission to use it?)",
    "Invalid version or not permitted",
)
INTERNAL = Problem(500, "An internal error occurred.", "Internal server error")
UNAVAILABLE = Problem(503, "The service is temporarily unavailable.", "Service unavailable")


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One error in a request; `field` is a path such as `input.prompt`, empty for the body itself."""

    field: str
    kind: str
    description: str


def invalid(fields: Iterable[InvalidField]) -> Problem:
    """Return the 422 for input that violates the model's schema, or a body that violates the API's."""
    errors = tuple(fields)
    detail = "".join(f"- {one.field}: {one.description}\n" if one.field else f"- {one.description}\n" for one in errors)
    listed = [{"type": one.kind, "field": one.field, "description": one.description} for one in errors]
    return Problem(422, detail, "Input validation failed", {"invalid_fields": listed})


def throttled(retry_after_seconds: int) -> Problem:
    detail = f"Request was throttled. Your rate limit resets in ~{retry_after_seconds}s."
    return Problem(429, detail, more={"retry_after": retry_after_seconds})
