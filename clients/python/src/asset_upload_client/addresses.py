"""Parsing of the service's address."""

from urllib.parse import SplitResult, urlsplit

from asset_upload_client.errors import InvalidArgument

_API_PATH = "/api/v2"
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def api_root(base_url: str) -> str:
    """Return the API's root for a `base_url`, which may end with `/api/v2` and a slash. Raises `InvalidArgument`."""
    if not isinstance(base_url, str):
        raise InvalidArgument(f"base_url is a string such as https://assets.example.com, not {type(base_url).__name__}")
    base_url = base_url.strip()
    parts = _split(base_url)
    path = parts.path.rstrip("/")
    if f"{_API_PATH}/" in path:
        kept = f"{parts.scheme}://{parts.netloc}{path.partition(_API_PATH)[0]}"
        raise InvalidArgument(f"base_url is the service's address, without a path of the API: {kept}, not {base_url!r}")
    return f"{parts.scheme}://{parts.netloc}{path.removesuffix(_API_PATH)}{_API_PATH}"


def _split(base_url: str) -> SplitResult:
    if "://" not in base_url:
        scheme = "http" if base_url.startswith(_LOCAL) else "https"
        example = f"{scheme}://{base_url}" if base_url else "https://assets.example.com"
        raise InvalidArgument(f"base_url has no scheme: write it like {example}, not {base_url!r}")
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise InvalidArgument(f"base_url is not a URL: {base_url!r} ({error})") from error
    if parts.scheme not in ("http", "https"):
        raise InvalidArgument(f"base_url starts with http:// or https://, not with {parts.scheme}://")
    if not host:
        raise InvalidArgument(f"base_url names no host: write it like https://assets.example.com, not {base_url!r}")
    if parts.query or parts.fragment:
        raise InvalidArgument(f"base_url must not contain ? or #: {base_url!r}")
    return parts
