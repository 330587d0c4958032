"""Files that are too large to be published within a request: their S3 event does it, in the function `assemble`."""

from asset_api.assets import public_urls

# Up to this size, a file can be published within a request's 28 seconds. EventBridge routes events by it too
# (template.yaml).
REQUEST_MAX_BYTES = 50 * 1024 * 1024
# Deliveries of such a file's event before it goes to the dead-letter queue (template.yaml).
ATTEMPTS = 20
# The function's timeout.
LONGEST_ATTEMPT_SECONDS = 600
# The queue drops an event after this time (template.yaml). Until then, a full queue may deliver it for the first time.
EVENT_KEPT_SECONDS = 4 * 24 * 3600
# The last attempt to publish a file that has arrived ends within this time.
LONGEST_WAIT_SECONDS = EVENT_KEPT_SECONDS + LONGEST_ATTEMPT_SECONDS
_RETRY_AFTER_SECONDS = 5


class PublishedLaterError(Exception):
    """The file has arrived, and is not published or refused yet."""

    def __init__(self, asset_id: str) -> None:
        super().__init__(asset_id)
        self.asset_id = asset_id

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the 202."""
        return {"Retry-After": str(_RETRY_AFTER_SECONDS)}

    def to_json(self, base_url: str) -> dict[str, object]:
        """The body of the 202."""
        url = base_url + public_urls.public_path(self.asset_id)
        return {"success": True, "asset_id": self.asset_id, "url": url, "status": "publishing"}
