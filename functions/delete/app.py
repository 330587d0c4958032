"""DELETE /api/v2/assets/{asset_id}."""

from typing import Any

from asset_api import composition
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@api.delete("/api/v2/assets/<asset_id>")
def delete_asset(asset_id: str) -> JsonResponse:
    owner = composition.verifier().owner(api.header("authorization"))
    composition.deleter().delete(owner, asset_id)
    return http_api.json_response(200, {"success": True, "message": f"Asset {asset_id} deleted successfully"})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, aws.s3, in_snapshot=(composition.verifier, composition.deleter))
