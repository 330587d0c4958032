"""Permissions of the functions that list, delete and change assets."""

from typing import Any

import httpx

from tests import media
from tests.e2e.client import Caller, succeeded
from tests.faults.permissions.deployment import Attempt, Deployment, Permissions, half_published, returns_status


def lists(deployment: Deployment) -> Attempt:
    return returns_status(deployment, 200, deployment.someone().list_assets)


def shows_an_asset(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    return returns_status(deployment, 200, lambda: owner.metadata(asset_id))


def _deletes(deployment: Deployment, owner: Caller, asset_id: str) -> Attempt:
    def delete() -> httpx.Response:
        # The emulator asks for the permission to remove a version from the second version on.
        deployment.put("IncomingBucket", f"uploads/{asset_id}", b"")
        return owner.delete(asset_id)

    return returns_status(deployment, 200, delete)


def deletes(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return _deletes(deployment, owner, owner.uploaded("image.png", media.png())["asset_id"])


def deletes_what_was_half_published(deployment: Deployment) -> Attempt:
    return _deletes(deployment, *half_published(deployment))


def _changes(deployment: Deployment, **fields: Any) -> Attempt:
    owner = deployment.someone()
    form = succeeded(owner.ask_for_form("image.png", tags=["a"]), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    path = f"/api/v2/assets/{form['asset_id']}"
    return returns_status(deployment, 200, lambda: owner.send("PATCH", path, json=fields))


def renames(deployment: Deployment) -> Attempt:
    return _changes(deployment, filename="other.png")


def changes_the_expiry(deployment: Deployment) -> Attempt:
    """Change the expiry, which removes the renditions."""
    return _changes(deployment, expires_in=3600)


def makes_private(deployment: Deployment) -> Attempt:
    return _changes(deployment, visibility="private")


def changes_tags(deployment: Deployment) -> Attempt:
    return _changes(deployment, tags=["b"])


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
