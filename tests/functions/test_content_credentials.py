"""C2PA manifests, as reported by the list and `complete`, and as found in the bucket."""

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.triggers import post, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(*chunks: bytes) -> bytes:
    return media.png()[:33] + b"".join(chunks) + media.png()[33:]


MANIFEST = chunk(b"caBX", b"a manifest")
NAMED = chunk(b"tEXt", b"Author\0Ada")


@pytest.mark.parametrize(
    ("sent", "published", "state"),
    [
        (media.png(), media.png(), "none"),
        (with_chunks(NAMED), media.png(), "none"),
        (with_chunks(MANIFEST), with_chunks(MANIFEST), "kept"),
        (with_chunks(MANIFEST, NAMED), media.png(), "removed"),
    ],
    ids=["without", "personal", "with", "with and personal"],
)
def test_the_list_shows_the_state_of_a_manifest(
    sent: bytes, published: bytes, state: str, alice: Caller, s3: "S3Client"
) -> None:
    asset_id = alice.upload("image.png", sent).json()["asset_id"]
    assert public_bytes(s3, asset_id) == published
    (asset,) = alice.list().json()["assets"]
    assert asset["content_credentials"] == state


def test_manifests_are_kept_if_metadata_is_kept(alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, remove_personal_metadata=False)
    sent = with_chunks(MANIFEST, NAMED)
    asset_id = alice.upload("image.png", sent).json()["asset_id"]
    assert public_bytes(s3, asset_id) == sent
    assert alice.list().json()["assets"][0]["content_credentials"] == "kept"


def test_the_state_of_a_manifest_is_stored_with_the_public_bytes(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    form = alice.ask_for_form(filename="image.png").json()
    s3.put_object(
        Bucket="assets",
        Key=f"api/v2/assets/{form['asset_id']}",
        Body=media.png(),
        ContentType="image/png",
        Metadata={"content-credentials": "removed"},
    )
    post(s3, form["upload"], media.png())
    calls.refuse("CopyObject", "PreconditionFailed", 412)
    assert alice.complete(form["asset_id"]).json()["content_credentials"] == "removed"
