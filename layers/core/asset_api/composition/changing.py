"""Changes of assets, which need the leases of renditions, and the upkeep that finishes changes."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets, publishing
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.publishing.changing import Changer
    from asset_api.publishing.upkeep import Upkeep


@composition.once
def changer() -> "Changer":
    from asset_api.publishing.changing import REQUEST_SECONDS

    return _changer(REQUEST_SECONDS)


def _changer(seconds: int) -> "Changer":
    from asset_api.publishing.changing import Changer
    from asset_api.publishing.placing import Placer

    placer = Placer(publishing.assets_bucket(), _renditions_in_progress)
    return Changer(assets.catalog(), placer, composition.now, seconds)


def _renditions_in_progress(asset_id: str) -> bool:
    # Imported late, because most changes do not move the bytes.
    from asset_api.renditions.leases import Leases

    leases = Leases(aws.dynamodb(), settings.current().assets_table, composition.now)
    return leases.are_held(asset_id, "public")


@composition.once
def upkeep() -> "Upkeep":
    from asset_api.publishing.changing import UPKEEP_SECONDS
    from asset_api.publishing.upkeep import Upkeep

    changer = _changer(UPKEEP_SECONDS)
    return Upkeep(aws.dynamodb(), settings.current().assets_table, assets.catalog(), changer, composition.now)
