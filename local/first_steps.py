"""A first upload to paste into a shell, with a file of its own."""

# A PNG with a single pixel.
_PIXEL_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mMwTpsJAAICATNoejH4AAAAAElFTkSuQmCC"


def first_upload(url: str) -> str:
    """Return two commands that upload a file to the API at `url` with the token in `$ASSETS_TOKEN`."""
    return f"""  printf %s {_PIXEL_BASE64} | base64 -d > pixel.png
  curl -sS {url}/api/v2/upload-asset -H "Authorization: Bearer $ASSETS_TOKEN" -F file=@pixel.png"""
