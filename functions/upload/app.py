"""POST /api/v2/upload-asset and POST /api/v2/assets/{asset_id}/complete."""

from functools import cache
from typing import TYPE_CHECKING, Any

from asset_api import composition
from asset_api.assets import listing
from asset_api.assets.admissions import Admissions, ApiResponse
from asset_api.platform import aws, cold_start, http_api, settings
from asset_api.platform.http_api import HttpApi, JsonResponse
from asset_api.platform.idempotency import IdempotencyKeys
from asset_api.platform.rate_limits import UPLOADS, RateLimiter
from asset_api.uploads.form_signing import FormSigner
from asset_api.uploads.forms import FormIssuer, FormRequest

if TYPE_CHECKING:
    from asset_api.uploads.direct import Uploads

api = HttpApi()


@cache
def admissions() -> Admissions:
    current = settings.current()
    return Admissions(
        limiter=RateLimiter(UPLOADS, aws.dynamodb(), current.requests_table, composition.now),
        idempotency_keys=IdempotencyKeys(aws.dynamodb(), current.requests_table, composition.now),
        asset_id_salt=current.asset_id_salt,
        clock=composition.now,
    )


@cache
def form_issuer() -> FormIssuer:
    current = settings.current()
    signer = FormSigner(
        current.incoming_bucket,
        current.incoming_bucket_domain,
        current.region,
        current.endpoint_url,
        aws.credentials,
    )
    return FormIssuer(admissions(), signer)


@cache
def uploads() -> "Uploads":
    # Not at the top: forms, which are asked for far more often, need neither what looks into files nor S3.
    from asset_api.uploads.direct import Uploads

    return Uploads(admissions(), composition.incoming_bucket(), composition.publisher())


@api.post("/api/v2/upload-asset")
def upload_asset() -> JsonResponse:
    owner = composition.verifier().owner(api.header("authorization"))
    response = _take_file(owner) if http_api.is_multipart(api.header("content-type") or "") else _issue_form(owner)
    return http_api.json_response(201, response.body, {"Location": response.body["url"], **response.headers})


def _take_file(owner: str) -> ApiResponse:
    from asset_api.uploads import multipart

    part = multipart.file_part(api.header("content-type") or "", api.body)
    return uploads().take_file(owner, part, base_url=api.base_url, idempotency_key=api.header("idempotency-key"))


def _issue_form(owner: str) -> ApiResponse:
    request = FormRequest.from_json(api.body)
    return form_issuer().issue(owner, request, base_url=api.base_url, idempotency_key=api.header("idempotency-key"))


@api.post("/api/v2/assets/<asset_id>/complete")
def complete_upload(asset_id: str) -> JsonResponse:
    owner = composition.verifier().owner(api.header("authorization"))
    asset = listing.to_json(uploads().complete(owner, asset_id), api.base_url)
    return http_api.json_response(201, {"success": True, **asset}, {"Location": asset["url"]})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, in_snapshot=(composition.verifier, form_issuer, uploads))
