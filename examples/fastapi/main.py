"""A backend that signs its users into the Asset Upload API, checks their uploads, and receives its webhooks.

Run it from this folder, beside `make run`:

    export ASSETS_URL=http://localhost:8000 ASSETS_SECRET=$(cat ../../.local/jwt-secret)
    export ASSETS_WEBHOOK_SECRET=$(cat ../../.local/webhook-secret)
    uvicorn main:app --port 8001

docs/guides/fastapi.md and docs/guides/events.md explain it.
"""

import os
import time
from pathlib import Path
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel

from asset_upload_client import AssetClient, AssetNotFound, WebhookNotVerified, verify_webhook

ASSETS_URL = os.environ["ASSETS_URL"]
# During a rotation there are several secrets, comma-separated: the first one signs.
ASSETS_SECRET = os.environ["ASSETS_SECRET"].strip().split(",")[0]
WEBHOOK_SECRETS = os.environ.get("ASSETS_WEBHOOK_SECRET", "").strip().split(",")
TOKEN_SECONDS = 15 * 60
PAGE = Path(__file__).resolve().parent.parent / "html" / "index.html"

app = FastAPI()
avatars: dict[str, str] = {}  # your database
published: dict[str, str] = {}


def current_user() -> str:
    """The signed-in user: replace this with your session. Here everyone is `me`, the owner of `make run`'s page."""
    return "me"


User = Annotated[str, Depends(current_user)]


def token_for(user: str) -> str:
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now, "exp": now + TOKEN_SECONDS}, ASSETS_SECRET, algorithm="HS256")


@app.post("/assets-token")
def assets_token(user: User) -> dict[str, str]:
    """Return a token with which the user's browser uploads straight to the service."""
    return {"token": token_for(user)}


class Avatar(BaseModel):
    asset_id: str


@app.put("/avatar")
def set_avatar(avatar: Avatar, user: User) -> dict[str, str]:
    """Store an uploaded image as the user's avatar, if the API confirms that it is theirs."""
    try:
        with AssetClient(ASSETS_URL, token_for(user)) as client:
            asset = client.get(avatar.asset_id)
    except AssetNotFound as error:
        raise HTTPException(404, "You have no such asset") from error
    if not asset["file_type"].startswith("image/"):
        raise HTTPException(422, "An avatar must be an image")
    avatars[user] = asset["url"]
    return {"avatar_url": asset["url"]}


@app.post("/assets-webhook", status_code=204)
async def assets_webhook(request: Request) -> None:
    """Handle published and deleted assets. The same event may arrive twice, and in any order."""
    try:
        event = verify_webhook(await request.body(), request.headers, WEBHOOK_SECRETS)
    except WebhookNotVerified as error:
        raise HTTPException(401, str(error)) from error
    data = event["data"]
    if event["type"] == "asset.published":
        published[data["asset"]["asset_id"]] = data["asset"]["url"]
    elif event["type"] == "asset.deleted":
        published.pop(data["asset_id"], None)


@app.get("/published")
def list_published() -> dict[str, str]:
    return published


@app.get("/")
def page() -> FileResponse:
    return FileResponse(PAGE)
