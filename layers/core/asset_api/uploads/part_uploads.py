"""Uploads in parts, from the request for one to the published asset. Only S3 stores anything about them.

An interrupted upload resumes with the parts that S3 lacks. An arrival that is too large to be published within a
request is published by its event; until then, `complete` responds with 202.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asset_api.assets import asset_ids
from asset_api.assets.admissions import Admissions, ApiResponse
from asset_api.assets.catalog import DeletedError
from asset_api.platform import errors
from asset_api.publishing import deferred_publication
from asset_api.publishing.deferred_publication import PublishedLaterError
from asset_api.publishing.incoming_parts import IncomingParts, NoUploadError, PartChangedError, StoredPart
from asset_api.uploads import described_files, part_tokens
from asset_api.uploads.part_sizes import PartSizes
from asset_api.uploads.part_tokens import InvalidTokenError, PartToken

if TYPE_CHECKING:
    from asset_api.assets.asset import Asset
    from asset_api.publishing.publisher import Publisher
    from asset_api.uploads.described_files import DescribedFile
    from asset_api.uploads.part_requests import PartsRequest
    from asset_api.uploads.part_signing import PartSigner

# A part may be uploaded again at any moment; the list of parts must then be read again.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PartUploads:
    admissions: Admissions
    parts: IncomingParts
    signer: "PartSigner"
    publisher: "Publisher"

    def begin(self, owner: str, file: "DescribedFile", *, base_url: str, idempotency_key: str | None) -> ApiResponse:
        """Begin an upload; respond with 201. One call to S3 and one to DynamoDB, or three with an idempotency key.

        Raises what `described_files.admit` does.
        """
        max_bytes = self.publisher.max_bytes
        admitted = described_files.admit(
            self.admissions,
            self.publisher.catalog,
            owner,
            file,
            method="parts",
            max_bytes=max_bytes,
            idempotency_key=idempotency_key,
        )
        if isinstance(admitted, ApiResponse):
            return admitted
        assert file.size_bytes is not None  # noqa: S101  the schema requires it
        asset_id = admitted.upload.asset_id
        expires_at = int(self.admissions.clock().timestamp()) + part_tokens.LIFETIME_SECONDS
        token = PartToken(self.parts.create(admitted.upload), PartSizes(file.size_bytes), expires_at)
        details = {"id": self._sealed(token, owner, asset_id), **_described(token)}
        response = admitted.respond(details, base_url=base_url, usable_seconds=part_tokens.LIFETIME_SECONDS)
        if response.body["upload"] != details:
            # Another request with the key came first, so no client will get this upload.
            from asset_api.publishing.unfinished_uploads import left_to_lifecycle

            with left_to_lifecycle(asset_id):
                self.parts.abort(asset_id, token.s3_upload_id)
        return response

    def sign(self, owner: str, asset_id: str, request: "PartsRequest", *, base_url: str) -> dict[str, Any]:
        """Return the body of the 200: a presigned PUT for each part. No call.

        Raises the 404, and the 422 for a number out of range.
        """
        token = self._opened(owner, asset_id, request.upload_id)
        if not all(1 <= number <= token.sizes.count for number in request.part_numbers):
            raise errors.invalid_request("part_numbers", f"must be from 1 to {token.sizes.count}")
        signed = self.signer.sign(asset_id, token, request.part_numbers, request.md5s, base_url=base_url)
        return {"success": True, "parts": signed}

    def show(self, owner: str, asset_id: str, upload_id: str) -> dict[str, Any]:
        """Return the body of the 200: the parts that S3 has. Once completed there are none, and `status` says so.

        One call, up to four once completed. Raises the 404, also if the file was refused or could not be published:
        clients call this to resume an upload, and begin another after a 404.
        """
        token = self._opened(owner, asset_id, upload_id)
        status, stored = "uploading", list[StoredPart]()
        try:
            stored = self.parts.stored(asset_id, token.s3_upload_id)
        except NoUploadError as error:
            if not self._is_completed(owner, asset_id):
                raise errors.upload_not_found() from error
            status = "completed"
        shown = [{"part_number": part.number, "size": part.size, "etag": part.etag} for part in stored]
        return {
            "success": True,
            "status": status,
            "size_bytes": token.sizes.size_bytes,
            **_described(token),
            "parts": shown,
        }

    def complete(self, owner: str, asset_id: str, upload_id: str) -> "Asset":
        """Assemble the parts, publish the file and return the asset. Idempotent.

        Raises the 404, the 409 that lists the missing parts, the 400 that says why the bytes are refused, and
        PublishedLaterError for a file that its event publishes. Six calls, two if the asset is listed already, and two
        for the first 202 of a large file.
        """
        token = self._opened(owner, asset_id, upload_id)
        was_assembled = self._assemble(asset_id, token)
        if was_assembled and token.sizes.size_bytes > deferred_publication.REQUEST_MAX_BYTES:
            # Its event has only just been sent, so there is no result to look for yet.
            raise PublishedLaterError(asset_id)
        try:
            asset = self.publisher.publish_arrived(owner, asset_id)
        except errors.ApiError as error:
            if not was_assembled and error.slug == errors.bytes_not_arrived().slug:
                raise errors.upload_not_found() from error
            raise
        if asset.is_expired(self.admissions.clock()):
            raise errors.asset_not_found()
        return asset

    def abort(self, owner: str, asset_id: str, upload_id: str) -> None:
        """Remove the parts and prevent the publication of the file, even if it has arrived. Idempotent.

        Raises the 404, the 409 if the file is published already, and a 503. Three calls. `purge` removes what arrived.
        """
        token = self._opened(owner, asset_id, upload_id)
        # Tombstone before parts: from now on, no process that completes or publishes the upload can list it.
        if not self.publisher.catalog.write_tombstone(owner, asset_id, "abort"):
            self._require_unlisted(owner, asset_id)
        self.parts.abort(asset_id, token.s3_upload_id)

    def _require_unlisted(self, owner: str, asset_id: str) -> None:
        try:
            listed = self.publisher.catalog.find(owner, asset_id)
        except DeletedError:
            return
        if listed is None or listed.is_expired(self.admissions.clock()):
            raise errors.upload_not_found()
        raise errors.upload_completed()

    def _assemble(self, asset_id: str, token: PartToken) -> bool:
        """Complete the upload in S3; return False if S3 has no such upload any more."""
        for _ in range(_ATTEMPTS):
            try:
                stored = self.parts.stored(asset_id, token.s3_upload_id)
                if token.sizes.size_bytes > self.publisher.max_bytes:  # the limit was lowered since
                    raise errors.file_too_large(self.publisher.max_bytes)
                whole = {part.number for part in stored if part.size == token.sizes.size(part.number)}
                missing = [number for number in range(1, token.sizes.count + 1) if number not in whole]
                if missing:
                    raise errors.parts_missing(missing)
                self.parts.complete(asset_id, token.s3_upload_id, stored)
            except NoUploadError:
                return False
            except PartChangedError:
                continue
            return True
        raise errors.temporarily_unavailable("The upload")

    def _is_completed(self, owner: str, asset_id: str) -> bool:
        try:
            listed = self.publisher.catalog.find(owner, asset_id)
        except DeletedError:
            return False
        if listed:
            return not listed.is_expired(self.admissions.clock())
        arrival = self.publisher.incoming.find(asset_id)
        if arrival is None or arrival.upload.owner != owner:
            return False
        return self.publisher.find_failure(arrival) is None

    def _sealed(self, token: PartToken, owner: str, asset_id: str) -> str:
        return token.seal(owner, asset_id, secret=self.admissions.asset_id_salt)

    def _opened(self, owner: str, asset_id: str, upload_id: str) -> PartToken:
        salt = self.admissions.asset_id_salt
        if not asset_ids.is_issued_to(owner, asset_id, salt=salt):
            raise errors.upload_not_found()
        try:
            return PartToken.open(upload_id, owner, asset_id, secret=salt, now=self.admissions.clock())
        except InvalidTokenError as error:
            raise errors.upload_not_found() from error


def _described(token: PartToken) -> dict[str, Any]:
    return {"part_size": token.sizes.part_size, "part_count": token.sizes.count, "expires_at": token.expires}
