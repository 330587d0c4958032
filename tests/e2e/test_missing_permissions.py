"""Functions without a permission: the emulator evaluates IAM for every call.

Without this, the other end-to-end tests would prove nothing about the permissions in `template.yaml`.
"""

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.local_stack import LocalStack
from tests.e2e.roles import without_statement


def test_a_missing_permission_is_a_500_without_details(alice: Caller, stack: LocalStack) -> None:
    with without_statement(stack, "UploadRole", "upload", "PublishBytes"):
        assert refused(alice.upload("image.png", media.png()), 500) == "Internal server error"


def test_a_form_has_no_more_permissions_than_its_signer(alice: Caller, stack: LocalStack) -> None:
    upload = succeeded(alice.ask_for_form("clip.mp4"), 201)["upload"]
    with without_statement(stack, "UploadRole", "upload", "ReceiveFiles"):
        assert alice.post(upload, media.mp4()).status_code == 403
    assert alice.post(upload, media.mp4()).status_code == 201


def test_a_delete_without_permission_deletes_nothing(alice: Caller, stack: LocalStack) -> None:
    asset_id = alice.uploaded("image.png", media.png())["asset_id"]
    with without_statement(stack, "DeleteRole", "delete", "ReplaceAssetsByTombstones"):
        assert refused(alice.delete(asset_id), 500) == "Internal server error"
    assert alice.listed_ids() == [asset_id]
    succeeded(alice.delete(asset_id), 200)
