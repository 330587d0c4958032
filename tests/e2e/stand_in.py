"""The Replicate stand-in's records, and webhooks signed as it signs them."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from stand_ins.replicate.signing import signature

# local.replicate gives the stack this one.
_API_TOKEN = "stand-in"


@dataclass(frozen=True, slots=True)
class StandIn:
    """Its routes for tests, which `stand_ins.replicate` lists."""

    http: httpx.Client

    def everything(self) -> dict[str, Any]:
        """Return all predictions created, and the number of each kind of request."""
        response: dict[str, Any] = self.http.get("/stand-in/predictions").raise_for_status().json()
        return response

    def predictions_of(self, job_id: str) -> list[dict[str, Any]]:
        """Return the predictions created, and paid for, for a job."""
        return [one for one in self.everything()["predictions"] if job_id in str(one.get("webhook"))]

    def predictions_with_prompt(self, prompt: str) -> list[dict[str, Any]]:
        return [one for one in self.everything()["predictions"] if one["input"].get("prompt") == prompt]

    def webhook_headers(self, body: bytes, *, seconds_ago: int = 0) -> dict[str, str]:
        """Return the headers of a genuine webhook with `body`, sent `seconds_ago`."""
        timestamp = int(time.time()) - seconds_ago
        return {
            "Content-Type": "application/json",
            "webhook-id": "msg_1",
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._webhook_secret(), "msg_1", timestamp, body),
        }

    def _webhook_secret(self) -> str:
        headers = {"Authorization": f"Bearer {_API_TOKEN}"}
        response = self.http.get("/v1/webhooks/default/secret", headers=headers).raise_for_status()
        return str(response.json()["key"])


def webhook_body(prediction: Mapping[str, Any], **changes: Any) -> bytes:
    """Return a webhook's body about `prediction`, true or not."""
    sent = {name: value for name, value in prediction.items() if name != "webhooks"}
    return json.dumps({**sent, **changes}).encode()
