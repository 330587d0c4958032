"""PATCH /api/v2/assets/{asset_id}."""

from typing import Any

from asset_api import composition
from asset_api.assets import asset_json
from asset_api.composition import assets, changing, principals
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse
from asset_api.publishing.patches import Patch

api = HttpApi()


@api.patch("/api/v2/assets/<asset_id>")
def change_asset(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    patch = Patch.from_json(api.body)
    now = composition.now()
    asset = changing.changer().change(owner, asset_id, lambda current: patch.apply(current, now), extent=patch.extent)
    shown = asset_json.to_json(asset, api.base_url, assets.sign_thumbnail)
    return http_api.json_response(200, {"success": True, **shown})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, aws.s3, in_snapshot=(principals.verifier, changing.changer))
