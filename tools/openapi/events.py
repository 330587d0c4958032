"""Events, as the document's webhooks: models of the payloads, and the requests that receivers get."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.openapi.models import Asset, Job

_OWNER = Field(examples=["alice"], description="The `sub` of the owner's tokens.")
_EXAMPLE_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"


class _Event(BaseModel):
    timestamp: str = Field(examples=["2025-11-15T12:34:56Z"], description="When it happened, in UTC.")


class PublishedAsset(BaseModel):
    owner: str = _OWNER
    asset: Asset


class AssetPublishedEvent(_Event):
    """An asset was published: it is public, or its owner's where it is private."""

    type: Literal["asset.published"]
    data: PublishedAsset


class RefusedUpload(BaseModel):
    owner: str = _OWNER
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.png"])
    reason: str = Field(description="The `detail` of the error that `complete` answers with.")


class AssetRefusedEvent(_Event):
    """An upload's bytes were refused, for the first time. Other bytes may be published later."""

    type: Literal["asset.refused"]
    data: RefusedUpload


class DeletedAsset(BaseModel):
    owner: str = _OWNER
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    cause: Literal["delete", "expiry", "erasure"]


class AssetDeletedEvent(_Event):
    """An asset is gone for good."""

    type: Literal["asset.deleted"]
    data: DeletedAsset


class EndedJob(BaseModel):
    owner: str = _OWNER
    job: Job


class JobEndedEvent(_Event):
    """A job ended, and stays as it is."""

    type: Literal["job.completed", "job.failed", "job.canceled"]
    data: EndedJob


MODELS: tuple[type[BaseModel], ...] = (AssetPublishedEvent, AssetRefusedEvent, AssetDeletedEvent, JobEndedEvent)

_HEADERS = {
    "webhook-id": "The event's id, the same in every delivery of it.",
    "webhook-timestamp": "When this attempt was made, in Unix seconds. Refuse what is older than five minutes.",
    "webhook-signature": (
        "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, by the secret after `whsec_`. Several,"
        " separated by spaces, while secrets are rotated: one that is right is enough."
    ),
}


def webhooks() -> dict[str, Any]:
    """A POST to each of the deployment's `WebhookUrls` for each type of event."""
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
        "summary": f"Tell of {name}",
        "description": (
            "Standard Webhooks (<https://www.standardwebhooks.com>). Delivered at least once and in no certain order;"
            " redirects are not followed."
        ),
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Acknowledges the event, within ten seconds."},
            "4XX": {"description": "This and everything else has it delivered again, for a day."},
        },
    }
