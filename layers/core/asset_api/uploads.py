"""Uploads: issuing a form, taking a small file, completing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from aws_lambda_powertools import Logger

from asset_api import asset_ids, errors, filenames, media_types, metrics, publication, upload_forms
from asset_api.answers import Answer
from asset_api.catalog import Asset
from asset_api.idempotency import Claim, IdempotencyKeys, fingerprint
from asset_api.incoming import Arrival, IncomingBucket, SourceChangedError, Upload
from asset_api.multipart import FilePart
from asset_api.publication import Publisher
from asset_api.rate_limits import RateLimiter
from asset_api.upload_forms import FormSigner

# What a Lambda function behind API Gateway can take: 6 MB with base64 adding a third.
DIRECT_MAX_BYTES = 4 * 1024 * 1024
_OPERATION = "upload"

logger = Logger()


@dataclass(frozen=True, slots=True)
class FormRequest:
    """What a client says of the file it will post."""

    filename: str
    content_type: str | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Uploads:
    incoming: IncomingBucket
    publisher: Publisher
    limiter: RateLimiter
    idempotency_keys: IdempotencyKeys
    form_signer: FormSigner
    asset_id_salt: str
    clock: Callable[[], datetime]

    def issue_form(self, owner: str, request: FormRequest, *, base_url: str, idempotency_key: str | None) -> Answer:
        """The 201 with a presigned POST. One DynamoDB call, three with an idempotency key.

        Raises the 400s for a type, a size or an emptiness that is refused, and the 429.
        """
        filename = _clean(request.filename)
        media_type = media_types.declared(filename, request.content_type)
        _check_size(request.size_bytes)
        claim = self._claim(
            owner,
            idempotency_key,
            "form",
            filename,
            media_type.mime,
            str(request.size_bytes),
            str(request.sha256),
        )
        if claim.answer:
            return Answer(claim.answer)
        headers = self._admit(owner, claim.resource_id)
        upload = Upload(claim.resource_id, owner, filename, media_type, request.sha256)
        body = _uploaded(base_url, upload, request.size_bytes)
        body["upload"] = self.form_signer.sign(upload, size_bytes=request.size_bytes, issued_at=self.clock())
        return Answer(self._keep(claim, body, usable_seconds=upload_forms.LIFETIME_SECONDS), headers)

    def take_file(self, owner: str, part: FilePart, *, base_url: str, idempotency_key: str | None) -> Answer:
        """The 201 for a file sent in one request: stored as any other upload is, and published at once.

        Raises the 400s for what is refused, the 413 above the direct limit, and the 429.
        """
        filename = _clean(part.filename)
        if len(part.data) > DIRECT_MAX_BYTES:
            raise errors.direct_upload_too_large(DIRECT_MAX_BYTES, media_types.MAX_BYTES)
        media_type = media_types.declared(filename, part.content_type)
        digest = sha256(part.data).hexdigest()
        upload = Upload("", owner, filename, media_type)
        # Before anything is counted or stored; the same inspection as every publication's.
        publication.inspect(Arrival(upload, "", len(part.data), part.data, digest))
        claim = self._claim(owner, idempotency_key, "file", filename, media_type.mime, digest)
        if claim.answer:
            return Answer(claim.answer)
        headers = self._admit(owner, claim.resource_id)
        upload = Upload(claim.resource_id, owner, filename, media_type)
        # By way of the incoming bucket: its event publishes what a crash in the next lines would leave unlisted.
        etag = self.incoming.put(upload, part.data)
        try:
            asset = self.publisher.publish(Arrival(upload, etag, len(part.data), part.data, digest))
        except SourceChangedError:  # the event, or another request with the key, is publishing the same bytes
            asset = self.publisher.publish_arrived(claim.resource_id, owner=owner)
        return Answer(self._keep(claim, _uploaded(base_url, upload, asset.size_bytes)), headers)

    def complete(self, owner: str, asset_id: str) -> Asset:
        """Publish what was posted with a form, now; the asset. Any number of times, one asset results.

        Raises the 404 for an id that was not issued to this owner or is deleted, the 409 where the bytes have not
        arrived, and the 400 that says why they are refused. One call where it is listed already, else four.
        """
        if not asset_ids.issued_to(owner, asset_id, salt=self.asset_id_salt):
            raise errors.asset_not_found()
        return self.publisher.publish_arrived(asset_id, owner=owner)

    def _claim(self, owner: str, key: str | None, *body: str) -> Claim:
        asset_id = asset_ids.mint(owner, salt=self.asset_id_salt, now=self.clock())
        if key is None:
            return Claim(owner, "", asset_id, None)
        return self.idempotency_keys.claim(owner, _OPERATION, key, fingerprint(*body), asset_id)

    def _admit(self, owner: str, asset_id: str) -> dict[str, str]:
        headers = self.limiter.admit(owner, asset_id)
        metrics.upload_issued()
        # The id is what the lines of an upload have in common, down to its publication by the event.
        logger.info("upload issued", extra={"asset_id": asset_id})
        return headers

    def _keep(self, claim: Claim, body: dict[str, Any], **options: int) -> dict[str, Any]:
        return self.idempotency_keys.keep(claim, body, **options) if claim.sort_key else body


def _clean(filename: str) -> str:
    cleaned = filenames.clean(filename)
    if not cleaned:
        raise errors.invalid_request("filename", "must name the file")
    if len(cleaned) > filenames.MAX_CHARACTERS:
        raise errors.invalid_request("filename", f"must have at most {filenames.MAX_CHARACTERS} characters")
    return cleaned


def _check_size(size_bytes: int | None) -> None:
    if size_bytes == 0:
        raise errors.empty_file()
    if size_bytes is not None and size_bytes > media_types.MAX_BYTES:
        raise errors.file_too_large(media_types.MAX_BYTES)


def _uploaded(base_url: str, upload: Upload, size_bytes: int | None) -> dict[str, Any]:
    return {
        "success": True,
        "url": base_url + publication.public_path(upload.asset_id),
        "asset_id": upload.asset_id,
        "filename": upload.filename,
        "size_bytes": size_bytes,
    }
