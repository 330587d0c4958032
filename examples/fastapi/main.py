"""A backend that signs its users into the Asset Upload API and checks what their pages say they uploaded.

Run it from this folder, beside `make run`:

    ASSETS_URL=http://localhost:8000 ASSETS_SECRET=$(cat ../../.local/jwt-secret) uvicorn main:app --port 8001

docs/guides/fastapi.md explains it.
"""

import os
import time
from pathlib import Path
from typing import Annotated

import httpx
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel

ASSETS_URL = os.environ["ASSETS_URL"].rstrip("/")
# While secrets are rotated, there are several, comma-separated: the first one signs.
ASSETS_SECRET = os.environ["ASSETS_SECRET"].strip().split(",")[0]
TOKEN_SECONDS = 15 * 60
PAGE = Path(__file__).resolve().parent.parent / "html" / "index.html"

app = FastAPI()
avatars: dict[str, str] = {}


def current_user() -> str:
    """The signed-in user: replace this by your session. Here everyone is `me`, the owner of `make run`'s page."""
    return "me"


User = Annotated[str, Depends(current_user)]


def token_for(user: str) -> str:
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now, "exp": now + TOKEN_SECONDS}, ASSETS_SECRET, algorithm="HS256")


@app.post("/assets-token")
def assets_token(user: User) -> dict[str, str]:
    """A token for the user's browser, which then uploads without this backend."""
    return {"token": token_for(user)}


class Avatar(BaseModel):
    asset_id: str


@app.put("/avatar")
def set_avatar(avatar: Avatar, user: User) -> dict[str, str]:
    """Keep an uploaded image as the user's avatar, if the API says that it is theirs."""
    response = httpx.get(
        httpx.URL(ASSETS_URL).join(f"/api/v2/assets/{avatar.asset_id}/metadata"),
        headers={"Authorization": f"Bearer {token_for(user)}"},
    )
    if response.status_code == httpx.codes.NOT_FOUND:
        raise HTTPException(404, "You have no such asset")
    asset = response.raise_for_status().json()
    if not asset["file_type"].startswith("image/"):
        raise HTTPException(422, "An avatar is an image")
    avatars[user] = asset["url"]
    return {"avatar_url": asset["url"]}


@app.get("/")
def page() -> FileResponse:
    return FileResponse(PAGE)
