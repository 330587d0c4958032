"""Smaller images and frames of videos. Only the functions that make them have the layers that this needs."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import publishing
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.renditions.abandoned import AbandonedRenditions
    from asset_api.renditions.facts import AssetFacts
    from asset_api.renditions.leases import Leases
    from asset_api.renditions.new_files import NewFiles
    from asset_api.renditions.renditions import Make, Renditions


@composition.once
def _leases() -> "Leases":
    from asset_api.renditions.leases import Leases

    return Leases(aws.dynamodb(), settings.current().assets_table, composition.now)


def _renditions(make: "Make") -> "Renditions":
    from asset_api.renditions.renditions import Renditions
    from asset_api.renditions.stored_renditions import StoredRenditions

    bucket = publishing.assets_bucket()
    return Renditions(bucket, StoredRenditions(bucket), _leases(), make)


@composition.once
def abandoned_renditions() -> "AbandonedRenditions":
    from asset_api.renditions.abandoned import AbandonedRenditions
    from asset_api.renditions.stored_renditions import StoredRenditions

    bucket = publishing.assets_bucket()
    return AbandonedRenditions(bucket, StoredRenditions(bucket), _leases())


@composition.once
def image_renditions() -> "Renditions":
    """Create the renditions of images. Needs libvips, which only the images layer has."""
    from asset_api.renditions.images import ImageMaker

    return _renditions(ImageMaker(publishing.assets_bucket()))


@composition.once
def frame_renditions() -> "Renditions":
    """Create the renditions of videos. Needs FFmpeg, which only the video layer has, and libvips."""
    from asset_api.renditions.frames import FrameMaker

    return _renditions(FrameMaker(publishing.assets_bucket()))


@composition.once
def asset_facts() -> "AssetFacts":
    from asset_api.renditions.facts import AssetFacts

    return AssetFacts(aws.dynamodb(), settings.current().assets_table)


@composition.once
def new_images() -> "NewFiles":
    """Create the preparation of new images. Needs libvips."""
    from asset_api.renditions.new_files import NewFiles

    return NewFiles(image_renditions(), asset_facts())


@composition.once
def new_videos() -> "NewFiles":
    """Create the preparation of new videos. Needs FFmpeg and libvips."""
    from asset_api.assets.rendition_names import POSTER
    from asset_api.renditions.new_files import NewFiles

    return NewFiles(frame_renditions(), asset_facts(), (POSTER,))
