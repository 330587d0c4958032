"""First steps with a running stack, to copy and paste: its addresses, a token and an upload."""

from pathlib import Path
from typing import TYPE_CHECKING

from local.tokens import PAGE_OWNER

if TYPE_CHECKING:
    from local.replicate import Provider

# A PNG with a single pixel.
_PIXEL_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mMwTpsJAAICATNoejH4AAAAAElFTkSuQmCC"


def first_upload(url: str) -> str:
    """Return two commands that upload a file to the API at `url` with the token in `$ASSETS_TOKEN`."""
    return f"""  printf %s {_PIXEL_BASE64} | base64 -d > pixel.png
  curl -sS {url}/api/v2/upload-asset -H "Authorization: Bearer $ASSETS_TOKEN" -F file=@pixel.png"""


def welcome(
    port: int, token: str, emulator_url: str, key_file: Path, provider: "Provider", elsewhere: str | None
) -> str:
    """Return what `make run` prints once it is ready. `elsewhere` is the address for other machines, if any."""
    url = f"http://localhost:{port}"
    host = f"[{elsewhere}]" if elsewhere and ":" in elsewhere else elsewhere
    for_others = f"\n  From elsewhere http://{host}:{port}/  (a phone, a container: paste the token)" if host else ""
    return f"""
  The page       {url}/{for_others}
  The API        {url}/api/v2/
  AWS, emulated  {emulator_url} (root key: AWS_SHARED_CREDENTIALS_FILE={key_file})
  Videos by      {provider.description} ({provider.base_url})

A token for "{PAGE_OWNER}", the owner of the page's uploads, valid for 24 hours (another: make -s token SUB=alice):

  export ASSETS_TOKEN={token}

A first upload; the response contains its public URL:

{first_upload(url)}

Edits to functions/, layers/, web/ and template.yaml are applied automatically. Ctrl-C stops everything.
"""
