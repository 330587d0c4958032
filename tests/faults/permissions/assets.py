"""Permissions of the functions that list, delete and change assets."""

from typing import Any

import httpx

from tests import media
from tests.e2e.client import Caller, succeeded
from tests.faults.permissions.world import Attempt, Permissions, World, answers, half_published


def lists(world: World) -> Attempt:
    return answers(200, world.someone().list_assets)


def shows_an_asset(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    return answers(200, lambda: owner.metadata(asset_id))


def _deletes(world: World, owner: Caller, asset_id: str) -> Attempt:
    def delete() -> httpx.Response:
        # The emulator asks for the permission to remove a version from the second version on.
        world.put("IncomingBucket", f"uploads/{asset_id}", b"")
        return owner.delete(asset_id)

    return answers(200, delete)


def deletes(world: World) -> Attempt:
    owner = world.someone()
    return _deletes(world, owner, owner.uploaded("image.png", media.png())["asset_id"])


def deletes_what_was_half_published(world: World) -> Attempt:
    return _deletes(world, *half_published(world))


def _changes(world: World, **fields: Any) -> Attempt:
    owner = world.someone()
    form = succeeded(owner.ask_for_form("image.png", tags=["a"]), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    path = f"/api/v2/assets/{form['asset_id']}"
    return answers(200, lambda: owner.send("PATCH", path, json=fields))


def renames(world: World) -> Attempt:
    return _changes(world, filename="other.png")


def changes_the_expiry(world: World) -> Attempt:
    """Change the expiry, which removes the renditions."""
    return _changes(world, expires_in=3600)


def makes_private(world: World) -> Attempt:
    return _changes(world, visibility="private")


def changes_tags(world: World) -> Attempt:
    return _changes(world, tags=["b"])


ASSETS: Permissions = {
    ("ChangeRole", "ChangeAssetsAndTheirTags", "dynamodb:GetItem"): renames,
    ("ChangeRole", "ChangeAssetsAndTheirTags", "dynamodb:ConditionCheckItem"): renames,
    ("ChangeRole", "ChangeAssetsAndTheirTags", "dynamodb:PutItem"): renames,
    ("ChangeRole", "ChangeAssetsAndTheirTags", "dynamodb:UpdateItem"): renames,
    ("ChangeRole", "ChangeAssetsAndTheirTags", "dynamodb:DeleteItem"): changes_tags,
    ("ChangeRole", "CopyPublicBytes", "s3:GetObject"): renames,
    ("ChangeRole", "CopyPublicBytes", "s3:PutObject"): renames,
    ("ChangeRole", "TellMissingFromForbidden", "s3:ListBucket"): changes_the_expiry,
    ("ChangeRole", "SeeWhoMakesRenditions", "dynamodb:Query"): makes_private,
    ("ChangeRole", "FindPublications", "s3:ListBucketMultipartUploads"): makes_private,
    ("ListRole", "ReadAssetsAndJobs", "dynamodb:GetItem"): shows_an_asset,
    ("ListRole", "ReadAssetsAndJobs", "dynamodb:Query"): lists,
    ("DeleteRole", "ReplaceAssetsByTombstones", "dynamodb:BatchGetItem"): deletes,
    ("DeleteRole", "ReplaceAssetsByTombstones", "dynamodb:ConditionCheckItem"): deletes_what_was_half_published,
    ("DeleteRole", "ReplaceAssetsByTombstones", "dynamodb:DeleteItem"): deletes,
    ("DeleteRole", "ReplaceAssetsByTombstones", "dynamodb:PutItem"): deletes,
    ("DeleteRole", "ReplaceAssetsByTombstones", "dynamodb:UpdateItem"): deletes,
    ("DeleteRole", "FindWhatArrived", "s3:ListBucketVersions"): deletes,
    ("DeleteRole", "RemoveWhatArrived", "s3:DeleteObject"): deletes,
    ("DeleteRole", "RemoveWhatArrived", "s3:DeleteObjectVersion"): deletes,
    ("DeleteRole", "FindAndRemovePublicBytes", "s3:GetObject"): deletes_what_was_half_published,
    ("DeleteRole", "FindAndRemovePublicBytes", "s3:DeleteObject"): deletes,
    ("DeleteRole", "TellMissingFromForbidden", "s3:ListBucket"): deletes,
}
