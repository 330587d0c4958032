"""Ids of uploads in parts: signed, and valid only for their owner."""

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from asset_api.uploads import part_tokens
from tests import media
from tests.functions.gateway import Caller
from tests.functions.part_uploads import MIB, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def flip(at: int, text: str) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


FORGERIES: dict[str, Callable[[str], str]] = {
    "empty": lambda _: " ",
    "not base64": lambda _: "é" * 40,
    "a dot": lambda _: ".",
    "dots": lambda _: "....",
    "too long": lambda id_: id_ + "A" * 2000,
    "no signature": lambda id_: id_.partition(".")[0],
    "an empty signature": lambda id_: id_.partition(".")[0] + ".",
    "no payload": lambda id_: "." + id_.partition(".")[2],
    "padded": lambda id_: id_ + "=",
    "a padded payload": lambda id_: id_.replace(".", "=.", 1),
    "a space before": lambda id_: " " + id_,
    "a space after": lambda id_: id_ + " ",
    "a line feed after": lambda id_: id_ + "\n",
    "doubled": lambda id_: id_ + id_,
    "signature twice": lambda id_: id_ + "." + id_.partition(".")[2],
    "upper case": str.upper,
    "lower case": str.lower,
    "reversed": lambda id_: id_[::-1],
    "swapped": lambda id_: ".".join(reversed(id_.split("."))),
    "shortened": lambda id_: id_[:-1],
    "beheaded": lambda id_: id_[1:],
    "another size": lambda id_: forged(id_, 1, 2**40),
    "another part size": lambda id_: forged(id_, 2, 5 * MIB),
    "another end": lambda id_: forged(id_, 3, 2**40),
    "another S3 upload": lambda id_: forged(id_, 0, "other"),
    **{f"flipped at {at}": partial(flip, at) for at in (0, 1, 7, 20, 40, 60, -1, -2, -8, -16, -31)},
}


def forged(id_: str, position: int, value: object) -> str:
    payload, _, signature = id_.partition(".")
    stated = json.loads(base64.urlsafe_b64decode(payload + "=="))
    stated[position] = value
    changed = base64.urlsafe_b64encode(json.dumps(stated, separators=(",", ":")).encode()).rstrip(b"=").decode()
    return f"{changed}.{signature}"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_upload_id_is_a_404(forgery: str, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    text = FORGERIES[forgery](upload.id)
    responses = [
        alice.show_upload(upload.asset_id, text),
        alice.sign_parts(upload.asset_id, text, [1]),
        alice.complete_parts(upload.asset_id, text),
        alice.abort_upload(upload.asset_id, text),
    ]
    statuses = {response.status for response in responses}
    # A longer value is an invalid body.
    assert statuses == ({404, 422} if len(text) > part_tokens.MAX_CHARACTERS else {404})
    assert {response.detail for response in responses if response.status == 404} == {"Upload not found"}
    assert upload.show().status == 200


def test_only_the_owner_may_use_an_upload_id(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    others = Upload(bob, s3, media.mp4())
    own = Upload(alice, s3, media.mp4())
    for caller, asset_id, id_ in (
        (bob, upload.asset_id, upload.id),
        (bob, others.asset_id, upload.id),
        (alice, upload.asset_id, others.id),
        (alice, upload.asset_id, own.id),
        (alice, own.asset_id, upload.id),
        (alice, "no-id", upload.id),
        (alice, "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69", upload.id),
    ):
        responses = [
            caller.show_upload(asset_id, id_),
            caller.sign_parts(asset_id, id_, [1]),
            caller.complete_parts(asset_id, id_),
            caller.abort_upload(asset_id, id_),
        ]
        assert [(response.status, response.detail) for response in responses] == [(404, "Upload not found")] * 4
    assert upload.complete().status == 201


def test_every_route_needs_a_token(anonymous: Caller, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    responses = [
        anonymous.begin(filename="a.mp4", size_bytes=5),
        anonymous.show_upload(upload.asset_id, upload.id),
        anonymous.sign_parts(upload.asset_id, upload.id, [1]),
        anonymous.complete_parts(upload.asset_id, upload.id),
        anonymous.abort_upload(upload.asset_id, upload.id),
    ]
    assert [response.status for response in responses] == [401] * 5


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_missing_upload_id_is_a_422(method: str, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    response = alice.request(method, f"/api/v2/uploads/{upload.asset_id}")
    assert (response.status, response.detail) == (422, "upload_id: must be in the query")
