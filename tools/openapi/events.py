"""Events as the document's webhooks: models of the payloads, and the requests to receivers."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.openapi.asset_models import Asset
from tools.openapi.job_models import Job

_OWNER = Field(examples=["alice"], description="The `sub` claim of the owner's tokens.")
_EXAMPLE_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"


class _Event(BaseModel):
    timestamp: str = Field(examples=["2025-11-15T12:34:56Z"], description="The time of the event, in UTC.")


class PublishedAsset(BaseModel):
    owner: str = _OWNER
    asset: Asset


class AssetPublishedEvent(_Event):
    """An asset was published."""

    type: Literal["asset.published"]
    data: PublishedAsset


class RefusedUpload(BaseModel):
    owner: str = _OWNER
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.png"])
    reason: str = Field(description="The `detail` of the error that `complete` returns.")


class AssetRefusedEvent(_Event):
    """An upload was refused for the first time. Other bytes may still be published under its id."""

    type: Literal["asset.refused"]
    data: RefusedUpload


class DeletedAsset(BaseModel):
    owner: str = _OWNER
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    cause: Literal["delete", "expiry", "erasure"]


class AssetDeletedEvent(_Event):
    """An asset was deleted permanently."""

    type: Literal["asset.deleted"]
    data: DeletedAsset


class EndedJob(BaseModel):
    owner: str = _OWNER
    job: Job


class JobEndedEvent(_Event):
    """A job ended."""

    type: Literal["job.completed", "job.failed", "job.canceled"]
    data: EndedJob


MODELS: tuple[type[BaseModel], ...] = (AssetPublishedEvent, AssetRefusedEvent, AssetDeletedEvent, JobEndedEvent)

_HEADERS = {
    "webhook-id": "The event's id, the same in every delivery.",
    "webhook-timestamp": "The time of this attempt in Unix seconds. Refuse requests older than five minutes.",
    "webhook-signature": (
        "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, keyed with the secret after `whsec_`. While"
        " secrets are rotated there are several, separated by spaces; one valid signature is enough."
    ),
}


def webhooks() -> dict[str, Any]:
    """Describe the POST to each of the deployment's `WebhookUrls` for each type of event."""
    models: dict[str, type[BaseModel]] = {
        "asset.published": AssetPublishedEvent,
        "asset.refused": AssetRefusedEvent,
        "asset.deleted": AssetDeletedEvent,
        "job.completed": JobEndedEvent,
        "job.failed": JobEndedEvent,
        "job.canceled": JobEndedEvent,
    }
    return {name: {"post": _webhook(name, model)} for name, model in models.items()}


def _webhook(name: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "operationId": "".join(word.title() for word in name.split(".")) + "Webhook",
        "tags": ["events"],
        "summary": f"Receive {name}",
        "description": (
            "Standard Webhooks (<https://www.standardwebhooks.com>). Delivered at least once, in no particular order;"
            " redirects are not followed."
        ),
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Acknowledges the event; must be sent within ten seconds."},
            "4XX": {"description": "Any other response has the event redelivered, for a day."},
        },
    }
