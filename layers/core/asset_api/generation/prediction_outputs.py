"""The video in a prediction's output, which is a URL, a list of them, an object with one, or the bytes themselves."""

import base64
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from asset_api.jobs.job_outputs import RefusedOutputError

# Names of the field that holds it, the most specific first.
_NAMES = ("video", "videos", "mp4", "output", "url", "uri", "file", "href", "result")
_MAX_DEPTH = 5
_VIDEO_EXTENSIONS = (".mp4", ".mov", ".m4v")


class NoVideoError(RefusedOutputError):
    """The output has no usable video. The message says why, and may be shown."""


def video_url(output: Any) -> str:
    """Find the http, https or data: URL of the video. Raises NoVideoError if there is none.

    If there are several, return the first that is named like a video, else the first: models also output previews and
    masks.
    """
    if output is None:
        raise NoVideoError("The model's output was removed by the provider before it could be copied")
    found = _urls(output, _MAX_DEPTH)
    if not found:
        raise NoVideoError("The model's output has no video in it")
    return next((url for url in found if _is_named_video(url)), found[0])


def decode_data_url(data_url: str, max_bytes: int) -> bytes:
    """Decode a data: URL (RFC 2397). Raises NoVideoError for one that is malformed or too large."""
    head, comma, payload = data_url.partition(",")
    # Base64 adds a third; percent-encoding triples the size.
    if not comma or len(payload) > 3 * max_bytes:
        raise NoVideoError("The model's output is a malformed or too large data: URL")
    try:
        data = unquote_to_bytes(payload)
        if head.lower().endswith(";base64"):
            data = base64.b64decode(data, validate=True)
    except ValueError as error:  # invalid base64, or a lone surrogate
        raise NoVideoError("The model's output is a malformed data: URL") from error
    if len(data) > max_bytes:
        raise NoVideoError(f"The model's video has more than {max_bytes:,} bytes")
    return data


def _urls(output: Any, depth: int) -> list[str]:
    if isinstance(output, str):
        return [output] if output.startswith(("https://", "http://", "data:")) else []
    if depth == 0:
        return []
    if isinstance(output, list):
        return [url for entry in output for url in _urls(entry, depth - 1)]
    if isinstance(output, dict):
        names = sorted(output, key=lambda name: _NAMES.index(name) if name in _NAMES else len(_NAMES))
        return [url for name in names for url in _urls(output[name], depth - 1)]
    return []


def _is_named_video(url: str) -> bool:
    if url.startswith("data:"):
        return url.startswith("data:video/")
    try:
        return urlsplit(url).path.lower().endswith(_VIDEO_EXTENSIONS)
    except ValueError:
        return False
