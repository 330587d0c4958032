"""Publication within a request, of a small file that it contains or of a file posted with a form."""

from dataclasses import dataclass
from hashlib import sha256

from asset_api.assets import asset_ids
from asset_api.assets.admissions import Admissions, ApiResponse, declared_file, upload_body
from asset_api.assets.asset import Asset, Options
from asset_api.media import inspection
from asset_api.media.reader import InMemory, Reader
from asset_api.platform import errors
from asset_api.publishing.arrivals import Arrival, ArrivalGoneError, Upload
from asset_api.publishing.incoming_bucket import IncomingBucket
from asset_api.publishing.publisher import Publisher
from asset_api.uploads.multipart import FilePart

# A Lambda function behind API Gateway accepts 6 MB, and base64 adds a third.
DIRECT_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SynchronousUploads:
    admissions: Admissions
    incoming: IncomingBucket
    publisher: Publisher

    def store_and_publish(
        self, owner: str, part: FilePart, *, base_url: str, idempotency_key: str | None
    ) -> ApiResponse:
        """Store a file sent in one request like any other upload, and publish it; respond with 201.

        Raises the 400 for a refused file, the 413 above the direct limit, and the 429.
        """
        if len(part.data) > DIRECT_MAX_BYTES:
            raise errors.direct_upload_too_large(DIRECT_MAX_BYTES, self.publisher.max_bytes)
        filename, media_type = declared_file(part.filename, part.content_type)
        options = Options.pop_from(part.fields)
        digest = sha256(part.data).hexdigest()
        # Inspect before anything is counted or stored, as every publication does.
        inspection.inspect(Reader(InMemory(part.data), len(part.data)), media_type, self.publisher.max_bytes)
        upload = Upload("", owner, filename, media_type, digest, self.admissions.with_default_expiry(options))
        upload.require_room()
        parts = ("file", filename, media_type.mime, digest)
        claim = self.admissions.claim(owner, idempotency_key, *parts, *options.fingerprint)
        if claim.response:
            return ApiResponse(claim.response)
        self.admissions.require_room(owner, len(part.data))
        headers = self.admissions.admit(owner, claim.resource_id)
        upload = upload._replace(asset_id=claim.resource_id)
        # Through the incoming bucket, whose event publishes the file if the next lines crash.
        version_id = self.incoming.put(upload, part.data)
        try:
            asset = self.publisher.publish(Arrival(upload, version_id, len(part.data), part.data, digest))
        except ArrivalGoneError:  # the event, or another request with the key, published the same bytes
            asset = self.publisher.publish_arrived(owner, claim.resource_id)
        body = upload_body(base_url, upload.asset_id, filename, asset.size_bytes)
        return ApiResponse(self.admissions.store_response(claim, body), headers)

    def complete(self, owner: str, asset_id: str) -> Asset:
        """Publish the file posted with a form, and return the asset. Idempotent.

        Raises the 404 for an id that was not issued to this owner or is deleted, the 409 if the bytes have not arrived,
        the 400 that says why they are refused, and PublishedLaterError for a large file, which its event publishes. One
        call if the asset is listed already, else four.
        """
        if not asset_ids.is_issued_to(owner, asset_id, salt=self.admissions.asset_id_salt):
            raise errors.asset_not_found()
        asset = self.publisher.publish_arrived(owner, asset_id)
        if asset.is_expired(self.admissions.clock()):
            raise errors.asset_not_found()
        return asset
