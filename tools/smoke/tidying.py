"""The last check: the files of this run are deleted."""

from tools.smoke.deployment import Deployment, succeeded
from tools.smoke.promises import check


@check("all files of this run are deleted")
def tidy(deployment: Deployment) -> None:
    for name, asset in list(deployment.assets.items()):
        succeeded(deployment.owner("DELETE", f"/api/v2/assets/{asset.asset_id}"), 200)
        del deployment.assets[name]
