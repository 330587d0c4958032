"""DELETE /api/v2/assets/{asset_id} and POST /api/v2/assets/delete."""

from typing import Any

from asset_api.composition import principals, publishing
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@api.delete("/api/v2/assets/<asset_id>")
def delete_asset(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    publishing.deleter().delete(owner, asset_id)
    return http_api.json_response(200, {"success": True, "message": f"Asset {asset_id} deleted successfully"})


@api.post("/api/v2/assets/delete")
def delete_assets() -> JsonResponse:
    # Imported late, because a delete of one asset has no body.
    from asset_api.publishing.delete_requests import DeleteRequest

    owner = principals.verifier().owner(api.header("authorization"))
    request = DeleteRequest.from_json(api.body)
    return http_api.json_response(200, publishing.deleter().delete_many(owner, request.asset_ids).to_json())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, aws.s3, in_snapshot=(principals.verifier, publishing.deleter))
