"""One file for every supported extension, without personal metadata, so that it is served unchanged."""

from tests import media

CLEAN = {**{extension: make() for extension, make in media.SAMPLES.items()}, "jpeg": media.jpeg(progressive=True)}
MIME = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}
