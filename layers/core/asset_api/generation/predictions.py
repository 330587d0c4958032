"""Predictions, and errors of requests to a provider. Each error states whether the request may have had an effect."""

import re
from dataclasses import dataclass, field
from typing import Any, Self, TypeGuard

from asset_api.generation import provider_messages

DEFAULT_RETRY_AFTER_SECONDS = 15
_PREDICTION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ProviderError(Exception):
    """The request failed. It is unknown whether a create took effect."""


class NoResponseError(ProviderError):
    """The request was sent, and no response came."""


class ServerFailedError(ProviderError):
    """The response was a 5xx, or did not come from the provider's API."""


class NotExecutedError(ProviderError):
    """The request certainly had no effect: not sent, throttled, or refused as busy. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int = DEFAULT_RETRY_AFTER_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InputRefusedError(ProviderError):
    """The provider rejected the request itself, with this `message`."""

    def __init__(self, message: str) -> None:
        super().__init__("the provider refused the input")
        self.message = message


class AccountRefusedError(ProviderError):
    """The token, the account's credit or its permissions are insufficient: the operator must act."""


class PredictionNotFoundError(ProviderError):
    """The provider has no such prediction, or does not show it to this account."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The fields of a prediction that are used here. `output` is any JSON value, and None once it was removed. `model`
    is `owner/name`, if the provider states it."""

    prediction_id: str
    status: str
    output: Any = field(default=None, repr=False)
    error: str | None = field(default=None, repr=False)
    webhook: str | None = field(default=None, repr=False)
    input: Any = field(default=None, repr=False)
    model: str | None = None

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Parse a prediction. Raises ServerFailedError if `document` is not a prediction."""
        if not isinstance(document, dict):
            raise ServerFailedError("a prediction is not an object")
        prediction_id, status, error = document.get("id"), document.get("status"), document.get("error")
        if not is_prediction_id(prediction_id) or not isinstance(status, str):
            raise ServerFailedError("a prediction has no id or no status")
        webhook, model = document.get("webhook"), document.get("model")
        return cls(
            prediction_id,
            status,
            document.get("output"),
            None if error is None else provider_messages.redact(error),
            webhook if isinstance(webhook, str) else None,
            document.get("input"),
            model if isinstance(model, str) else None,
        )

    def is_of_another_model(self, model_id: str) -> bool:
        """Tell whether the provider states another model than that of `model_id`.

        A deployment allows models by name, and a version id could belong to a model that it does not allow.
        """
        name, _, version = model_id.partition(":")
        return bool(version) and self.model is not None and self.model.casefold() != name.casefold()


def is_prediction_id(value: object) -> TypeGuard[str]:
    """Tell whether `value` can be a prediction's id in a path."""
    return isinstance(value, str) and _PREDICTION_ID.fullmatch(value) is not None
