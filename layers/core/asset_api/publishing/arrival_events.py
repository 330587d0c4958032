"""S3 events of uploaded files: each file is published, whatever its client does, and kept no longer than needed.

S3 sends an event for each version, at least once. Most arrive after `complete` has published the file. Some come from a
form that was posted again: until it expires, anyone who has it can do so any number of times.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from asset_api.assets.asset import Asset
from asset_api.assets.catalog import DeletedError
from asset_api.platform import errors, metrics
from asset_api.platform.errors import ApiError
from asset_api.publishing import arrivals, deferred_publication
from asset_api.publishing.arrivals import ArrivalGoneError
from asset_api.publishing.publisher import Publisher

# The longest run of an invocation that publishes. One that began before a delete may make bytes public after it, except
# for a large file, whose upload `purge` aborts.
LONGEST_PUBLICATION = timedelta(seconds=30)

logger = Logger()


@dataclass(frozen=True, slots=True)
class ArrivalEvents:
    publisher: Publisher
    clock: Callable[[], datetime]

    def handle(self, asset_id: str, version_id: str | None, *, is_last: bool = False) -> Asset | None:
        """Publish an uploaded file and remove the event's version once it is not needed; return the asset if listed.

        Refused bytes stay until they expire, so that a later `complete` can report the reason. If this attempt
        `is_last` and fails, `complete` reports the same failure. Raises the 400s, the 404 of a deleted asset, and a 503
        if the event must be delivered again. Five calls, three if the asset is listed.
        """
        incoming = self.publisher.incoming
        arrival = incoming.find(asset_id)
        if arrival is None:
            logger.info("upload already removed", extra={"asset_id": asset_id})
            return None
        own_version = version_id or arrival.version_id
        try:
            listed = self.publisher.catalog.find(arrival.upload.owner, asset_id)
        except DeletedError as deleted:
            self._remove_late_version(arrival.upload.owner, asset_id, own_version, deleted.deleted_at)
            raise errors.asset_not_found() from deleted
        if listed is None and own_version == arrival.version_id:
            if is_last and self.publisher.refusals:
                self.publisher.refusals.begin_last_attempt(
                    arrival.upload.owner, asset_id, own_version, seconds=deferred_publication.LONGEST_ATTEMPT_SECONDS
                )
            try:
                listed = self.publisher.publish(arrival)
            except ArrivalGoneError as error:
                raise errors.temporarily_unavailable("The upload") from error
        elif listed is None:
            logger.info(
                "upload already overwritten", extra={"asset_id": asset_id}
            )  # the later version has its own event
        if listed and listed.visibility != arrival.upload.options.visibility:
            # A publication that began before the change may have crashed after it stored the bytes.
            self.publisher.clear_former_key(listed)
        incoming.remove_version(asset_id, own_version)
        return listed

    def _remove_late_version(self, owner: str, asset_id: str, version_id: str, deleted_at: datetime) -> None:
        """Remove bytes posted after the delete, once no publication from before the delete can still run.

        Such a publication may have crashed after it made bytes public and before it saw the tombstone. The version is
        removed last, because a redelivered event reads the asset's owner from it.
        """
        self.publisher.remove_late_bytes(owner, asset_id)
        if self.clock() < deleted_at + LONGEST_PUBLICATION:
            raise errors.temporarily_unavailable("The deleted upload")
        self.publisher.incoming.remove_version(asset_id, version_id)


def publish_message(body: str, events: ArrivalEvents, *, is_last: bool = False) -> None:
    """Publish the file of an S3 event from the queue. A refusal is final; other failures are raised.

    `is_last` marks the last delivery of the event.
    """
    stored = json.loads(body)["detail"]
    # S3's id of the request that uploaded the file.
    logger.set_correlation_id(stored.get("request-id"))
    asset_id = arrivals.asset_id_of(stored["object"]["key"])
    if asset_id is None:
        return
    try:
        # The emulator's events lack the version.
        asset = events.handle(asset_id, stored["object"].get("version-id"), is_last=is_last)
    except ApiError as refusal:
        if refusal.status >= 500:
            logger.warning("not published yet", extra={"asset_id": asset_id, "reason": refusal.slug})
            raise
        metrics.refused(refusal)
        logger.info("not published", extra={"asset_id": asset_id, "reason": refusal.slug})
        return
    if asset:
        logger.info("published", extra={"asset_id": asset_id, "bytes": asset.size_bytes, "file_type": asset.file_type})
