"""POST /api/v2/upload-asset and POST /api/v2/assets/{asset_id}/complete."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response

from asset_api import aws, composition, http_api, listing, multipart, settings, upload_requests
from asset_api.http_api import HttpApi
from asset_api.idempotency import IdempotencyKeys
from asset_api.rate_limits import UPLOADS, RateLimiter
from asset_api.upload_forms import FormSigner
from asset_api.uploads import Uploads

api = HttpApi()


@cache
def uploads() -> Uploads:
    current = settings.current()
    return Uploads(
        incoming=composition.incoming_bucket(),
        publisher=composition.publisher(),
        limiter=RateLimiter(UPLOADS, aws.dynamodb(), current.requests_table, composition.now),
        idempotency_keys=IdempotencyKeys(aws.dynamodb(), current.requests_table, composition.now),
        form_signer=FormSigner(
            current.incoming_bucket,
            current.incoming_bucket_domain,
            current.region,
            current.endpoint_url,
            aws.credentials,
        ),
        asset_id_salt=current.asset_id_salt,
        clock=composition.now,
    )


@api.post("/api/v2/upload-asset")
def upload_asset() -> Response[str]:
    owner = composition.verifier().owner(api.header("authorization"))
    content_type = api.header("content-type") or ""
    key = api.header("idempotency-key")
    if multipart.is_multipart(content_type):
        part = multipart.file_part(content_type, api.body)
        answer = uploads().take_file(owner, part, base_url=api.base_url, idempotency_key=key)
    else:
        request = upload_requests.parse(api.body)
        answer = uploads().issue_form(owner, request, base_url=api.base_url, idempotency_key=key)
    return http_api.answer(201, answer.body, {"Location": answer.body["url"], **answer.headers})


@api.post("/api/v2/assets/<asset_id>/complete")
def complete_upload(asset_id: str) -> Response[str]:
    owner = composition.verifier().owner(api.header("authorization"))
    asset = listing.described(uploads().complete(owner, asset_id), api.base_url)
    return http_api.answer(201, {"success": True, **asset}, {"Location": asset["url"]})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)
