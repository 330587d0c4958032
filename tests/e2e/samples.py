"""One file for every extension that the API takes, none of which holds anything personal: served as it was sent."""

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
