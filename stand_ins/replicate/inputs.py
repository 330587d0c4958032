"""Input images, fetched from their URLs as Replicate fetches them."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import aiohttp

IMAGE_INPUTS = ("first_frame_image", "image", "start_image", "input_image")
"""The names of the input image in video models."""

_MAX_BYTES = 100 * 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class InputError(Exception):
    """The input is unusable; the message becomes the prediction's error."""


async def fetch_image(http: aiohttp.ClientSession, model_input: Mapping[str, Any]) -> bytes | None:
    """Return the image's bytes, or None if the input has none. Raises InputError."""
    url = next((model_input[name] for name in IMAGE_INPUTS if model_input.get(name)), None)
    if url is None:
        return None
    if url.startswith("data:"):
        return _decoded(url)
    try:
        async with http.get(url, timeout=_TIMEOUT) as response:
            if response.status != 200:
                raise InputError(f"Could not download the input file {url}: HTTP status {response.status}")
            image = bytearray()
            async for piece in response.content.iter_any():
                image += piece
                if len(image) > _MAX_BYTES:
                    raise InputError(f"The input file {url} is too large: more than {_MAX_BYTES:,} bytes")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise InputError(f"Could not download the input file {url}: {error or type(error).__name__}") from error
    return bytes(image)


def _decoded(url: str) -> bytes:
    """Decode a base64 `data:` URL (RFC 2397)."""
    header, _, content = url.partition(",")
    if not header.endswith(";base64"):
        raise InputError("The input is a data: URL that is not base64-encoded")
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise InputError(f"The input is an invalid data: URL: {error}") from error
