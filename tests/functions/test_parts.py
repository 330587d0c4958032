"""Uploads in parts: what S3 has is all that is known of them, and nobody stores what was not admitted."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from asset_api.platform import aws
from asset_api.uploads import part_sizes, part_tokens
from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Answer, Caller
from tests.functions.triggers import public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

MIB = 1024 * 1024


class Upload:
    """An upload of `data` in parts, that of `begin`'s response."""

    def __init__(self, caller: Caller, s3: "S3Client", data: bytes, **fields: Any) -> None:
        self.caller, self.s3, self.data = caller, s3, data
        begun = caller.begin(**dict[str, Any](filename="clip.mp4", size_bytes=len(data)) | fields)
        assert begun.status == 201, begun.body
        self.asset_id: str = begun.json()["asset_id"]
        self.id: str = begun.json()["upload"]["id"]
        self.count: int = begun.json()["upload"]["part_count"]

    def send(self, *numbers: int, data: bytes | None = None) -> None:
        """Store parts as their presigned PUTs would."""
        for number in numbers or range(1, self.count + 1):
            start = (number - 1) * part_sizes.PART_BYTES
            part = self.data[start : start + part_sizes.PART_BYTES] if data is None else data
            s3_upload_id = uploads(self.s3)[self.asset_id]
            self.s3.upload_part(
                Bucket="incoming",
                Key=f"uploads/{self.asset_id}",
                UploadId=s3_upload_id,
                PartNumber=number,
                Body=part,
            )

    def complete(self) -> Answer:
        return self.caller.complete_parts(self.asset_id, self.id)

    def complete_in_s3(self) -> None:
        """Make one file of the parts, as a `complete` that dies right after that."""
        request: Any = {
            "Bucket": "incoming",
            "Key": f"uploads/{self.asset_id}",
            "UploadId": uploads(self.s3)[self.asset_id],
        }
        parts: Any = self.s3.list_parts(**request)["Parts"]
        numbered: Any = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        self.s3.complete_multipart_upload(**request, MultipartUpload={"Parts": numbered})

    def show(self) -> Answer:
        return self.caller.show_upload(self.asset_id, self.id)

    def abort(self) -> Answer:
        return self.caller.abort_upload(self.asset_id, self.id)


def uploads(s3: "S3Client") -> dict[str, str]:
    """S3's ids of uploads that have begun, by asset id."""
    listed = s3.list_multipart_uploads(Bucket="incoming")
    return {each["Key"].removeprefix("uploads/"): each["UploadId"] for each in listed.get("Uploads", ())}


def test_begins_with_the_five_fields_and_the_division(alice: Caller, clock: Clock) -> None:
    answer = alice.begin(filename="film.mp4", size_bytes=40 * MIB)
    body = answer.json()
    upload = body.pop("upload")
    url = f"https://{HOST}/api/v2/assets/{body['asset_id']}"
    assert (answer.status, answer.headers["location"]) == (201, url)
    assert body == {
        "success": True,
        "url": url,
        "asset_id": body["asset_id"],
        "filename": "film.mp4",
        "size_bytes": 40 * MIB,
    }
    assert upload.pop("id")
    assert upload == {
        "part_size": 16 * MIB,
        "part_count": 3,
        "expires_at": (clock() + timedelta(seconds=part_tokens.LIFETIME_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"size_bytes": 0}, 400, "Empty file"),
        ({"size_bytes": 52_428_801}, 400, "File too large: at most 50 MB (52,428,800 bytes)"),
        ({"size_bytes": 2**63}, 400, "File too large"),
        ({"filename": "a.txt"}, 400, "Invalid file type"),
        ({"content_type": "image/png"}, 400, "Invalid file type"),
        ({"filename": ""}, 422, "filename"),
        ({"size_bytes": None}, 422, "size_bytes"),
        ({"size_bytes": -1}, 422, "size_bytes"),
        ({"size_bytes": "5"}, 422, "size_bytes"),
        ({"size_bytes": 1.5}, 422, "size_bytes"),
        ({"sha256": "ab"}, 422, "sha256"),
        ({"expires_in": 59}, 422, "expires_in"),
        ({"tags": ["<"]}, 422, "tags"),
    ],
)
def test_refuses_before_anything_begins(
    fields: dict[str, Any], status: int, detail: str, alice: Caller, s3: "S3Client"
) -> None:
    answer = alice.begin(**(dict[str, Any](filename="a.mp4", size_bytes=5) | fields))
    assert (answer.status, answer.detail[: len(detail)]) == (status, detail)
    assert uploads(s3) == {}


def test_the_deployments_limit_counts(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, max_upload_bytes=2**30)
    assert alice.begin(filename="a.mp4", size_bytes=2**30).json()["upload"]["part_count"] == 64
    answer = alice.begin(filename="a.mp4", size_bytes=2**30 + 1)
    assert answer.detail == "File too large: at most 1024 MB (1,073,741,824 bytes)"
    assert alice.usage().json()["limits"]["max_upload_bytes"] == 2**30


def test_a_part_is_pinned_to_its_number_length_and_upload(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(16 * MIB + 5))
    answer = alice.sign_parts(upload.asset_id, upload.id, [2, 1, 2], content_md5={"2": "XUFAKrxLKna5cZ2REBfFkg=="})
    second, first = answer.json()["parts"]
    assert [(part["part_number"], part["size"], part["method"]) for part in (second, first)] == [
        (2, 5, "PUT"),
        (1, 16 * MIB, "PUT"),
    ]
    assert (first["headers"], second["headers"]) == ({}, {"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="})
    url = urlsplit(second["url"])
    query = parse_qs(url.query)
    assert f"{url.scheme}://{url.netloc}" == "https://incoming.s3.us-east-1.amazonaws.com"
    assert url.path == f"/uploads/{upload.asset_id}"
    assert query["partNumber"] == ["2"]
    assert query["uploadId"] == [uploads(s3)[upload.asset_id]]
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-md5;host"]
    assert query["X-Amz-Expires"] == ["3600"]


def test_a_presigned_put_stores_its_part(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    part = alice.sign_parts(upload.asset_id, upload.id, [1]).json()["parts"][0]
    query = parse_qs(urlsplit(part["url"]).query)
    assert query["partNumber"] == ["1"]
    upload.send(int(query["partNumber"][0]))
    etag = f'"{hashlib.md5(media.mp4(), usedforsecurity=False).hexdigest()}"'
    assert upload.show().json()["parts"] == [{"part_number": 1, "size": part["size"], "etag": etag}]


@pytest.mark.parametrize(
    ("numbers", "more"),
    [
        ([0], {}),
        ([3], {}),
        ([-1], {}),
        ([2**70], {}),
        ([], {}),
        (list(range(1, 102)), {}),
        ("1", {}),
        ([True], {}),
        ([1.0], {}),
        ([1], {"content_md5": {"2": "XUFAKrxLKna5cZ2REBfFkg=="}}),
        ([1], {"content_md5": {"1": "short"}}),
        ([1], {"content_md5": {"1": "XUFAKrxLKna5cZ2REBfFkg==\n"}}),
        ([1], {"content_md5": {"01": "XUFAKrxLKna5cZ2REBfFkg=="}}),
    ],
)
def test_signs_no_part_that_there_is_not(numbers: Any, more: dict[str, Any], alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(16 * MIB + 1))
    assert alice.sign_parts(upload.asset_id, upload.id, numbers, **more).status == 422


def test_publishes_a_file_of_one_part(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4(), tags=["holiday"], sha256=hashlib.sha256(media.mp4()).hexdigest())
    upload.send()
    answer = upload.complete()
    asset = answer.json()
    assert (answer.status, answer.headers["location"]) == (201, asset["url"])
    assert (asset["asset_id"], asset["tags"], asset["size_bytes"]) == (upload.asset_id, ["holiday"], len(media.mp4()))
    assert public_bytes(s3, upload.asset_id) == media.mp4()


def test_publishes_a_file_of_several_parts(alice: Caller, s3: "S3Client") -> None:
    data = media.mp4() + (16 * MIB).to_bytes(4) + b"free" + bytes(16 * MIB - 8)
    upload = Upload(alice, s3, data)
    upload.send(2)
    assert [part["part_number"] for part in upload.show().json()["parts"]] == [2]
    upload.send(1)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == data


def test_completing_again_answers_the_same(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    first, second = upload.complete(), upload.complete()
    assert (second.status, second.body) == (first.status, first.body)
    assert upload.show().json()["status"] == "completed"
    assert len(alice.list().json()["assets"]) == 1


def test_the_event_publishes_what_a_client_has_completed_in_s3(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    calls.at(2, "after", lambda: triggers.file_arrived(upload.asset_id))
    assert upload.complete().status == 201
    assert len(alice.list().json()["assets"]) == 1


def test_a_409_names_the_missing_parts(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(40 * MIB))
    upload.send(2)
    answer = upload.complete()
    assert (answer.status, answer.detail) == (
        409,
        "Parts are missing: 1, 3; upload them, then complete the upload",
    )
    assert public(s3) == []


@pytest.mark.parametrize("size", [1, 5 * MIB, 16 * MIB - 1, 16 * MIB + 1])
def test_a_part_of_another_size_counts_as_missing(size: int, alice: Caller, s3: "S3Client") -> None:
    """S3 refuses it by the signature; this is about an S3 that does not."""
    upload = Upload(alice, s3, bytes(16 * MIB + 9))
    upload.send(2)
    upload.send(1, data=bytes(size))
    assert upload.complete().status == 409


def test_the_bytes_are_refused_with_the_reason(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.gif(), filename="clip.mp4")
    upload.send()
    for _ in range(2):
        answer = upload.complete()
        assert (answer.status, answer.json()["title"]) == (400, "Invalid file type")
    assert public(s3) == []


def test_other_bytes_than_the_declared_sha256_are_refused(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4(), sha256="0" * 64)
    upload.send()
    assert upload.complete().json()["title"] == "Checksum mismatch"


def test_a_part_that_changes_while_it_is_completed_is_read_again(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send(data=bytes(len(media.mp4())))
    calls.resume()
    calls.at(1, "after", upload.send)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == media.mp4()


def test_an_aborted_upload_is_gone(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    for _ in range(2):
        assert alice.abort_upload(upload.asset_id, upload.id).status == 200
    assert uploads(s3) == {}
    assert (upload.complete().status, upload.show().status) == (404, 404)
    assert upload.complete().detail == "Upload not found"


def test_a_published_file_is_not_aborted_but_deleted(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete()
    answer = upload.abort()
    assert (answer.status, answer.detail) == (
        409,
        "The upload is complete and its file published: delete the asset to remove it",
    )
    assert upload.complete().status == 201
    assert alice.delete(upload.asset_id).status == 200
    assert upload.abort().status == 200  # there is nothing, as was asked


def test_aborting_an_upload_whose_asset_has_expired_is_a_404(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = Upload(alice, s3, media.mp4(), expires_in=60)
    upload.send()
    upload.complete()
    clock.advance(60)
    assert (upload.abort().status, upload.show().status) == (404, 404)


def test_a_file_that_has_arrived_is_not_published_once_it_is_aborted(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete_in_s3()
    assert upload.show().json()["status"] == "completed"
    for _ in range(2):
        assert upload.abort().status == 200
    triggers.deliver_files(s3)
    for answer in (upload.complete(), upload.show(), alice.metadata(upload.asset_id)):
        assert answer.status == 404
    assert (upload.complete().detail, upload.show().detail) == ("Upload not found", "Upload not found")
    assert (public(s3), alice.list().json()["assets"]) == ([], [])
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3)) == ([], [], {})


# Of `complete`, as `test_counts_its_calls` has them.
@pytest.mark.parametrize("number", range(1, 7))
def test_one_of_complete_and_abort_wins(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    aborted: list[Answer] = []
    calls.at(number, "before", lambda: aborted.append(upload.abort()))
    completed = upload.complete()
    assert (completed.status, aborted[0].status) == (404, 200)
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3), alice.list().json()["assets"]) == ([], [], {}, [])


@pytest.mark.parametrize("number", range(1, 4))
def test_one_of_abort_and_complete_wins(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    completed: list[Answer] = []
    calls.at(number, "before", lambda: completed.append(upload.complete()))
    aborted = upload.abort()
    is_published = number == 1
    assert (completed[0].status, aborted.status) == ((201, 409) if is_published else (404, 200))
    triggers.deliver_everything(s3, dynamodb)
    assert public(s3) == ([upload.asset_id] if is_published else [])
    assert [asset["asset_id"] for asset in alice.list().json()["assets"]] == public(s3)


@pytest.mark.parametrize("number", range(1, 4))
def test_an_abort_that_dies_is_done_again(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    calls.stop(number, "after")
    with pytest.raises(Stopped):
        upload.abort()
    calls.resume()
    assert upload.complete().status == 404
    assert upload.abort().status == 200
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3)) == ([], [], {})


def test_parts_that_are_stored_while_it_is_aborted_are_aborted_too(
    alice: Caller, s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    abort, left = aws.s3().abort_multipart_upload, [2]

    def abort_some(**request: Any) -> Any:
        left[0] -= 1
        return {} if left[0] >= 0 else abort(**request)

    monkeypatch.setattr(aws.s3(), "abort_multipart_upload", abort_some)
    assert upload.abort().status == 200
    assert uploads(s3) == {}


def test_no_abort_is_reported_where_parts_are_left(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    with monkeypatch.context() as without_effect:
        without_effect.setattr(aws.s3(), "abort_multipart_upload", lambda **_: {})
        answer = upload.abort()
    assert (answer.status, int(answer.headers["retry-after"])) == (503, 1)
    assert upload.abort().status == 200
    assert uploads(s3) == {}


def test_after_a_day_it_is_over(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    clock.advance(part_tokens.LIFETIME_SECONDS - 1)
    assert upload.show().status == 200
    clock.advance(1)
    answers = [
        upload.show(),
        upload.complete(),
        alice.sign_parts(upload.asset_id, upload.id, [1]),
        alice.abort_upload(upload.asset_id, upload.id),
    ]
    assert [(answer.status, answer.detail) for answer in answers] == [(404, "Upload not found")] * 4


def test_a_deleted_asset_does_not_come_back(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete()
    assert alice.delete(upload.asset_id).status == 200
    assert upload.complete().status == 404
    assert upload.show().status == 404
    assert public(s3) == []


def test_the_same_key_begins_one_upload(alice: Caller, s3: "S3Client") -> None:
    fields: dict[str, Any] = {"filename": "a.mp4", "size_bytes": 5}
    first, second = (alice.begin(key="k", **fields) for _ in range(2))
    assert first.body == second.body
    assert len(uploads(s3)) == 1
    assert alice.begin(key="k", filename="a.mp4", size_bytes=6).status == 409
    assert alice.ask_for_form(key="k", **fields).status == 409


def test_of_two_requests_with_one_key_at_once_the_first_upload_stays(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    answers: list[Answer] = []
    fields: dict[str, Any] = {"filename": "a.mp4", "size_bytes": 5}
    calls.at(3, "after", lambda: answers.append(alice.begin(key="k", **fields)))
    answers.append(alice.begin(key="k", **fields))
    assert answers[0].body == answers[1].body
    assert len(uploads(s3)) == 1
    asset_id, upload_id = answers[0].json()["asset_id"], answers[0].json()["upload"]["id"]
    assert alice.show_upload(asset_id, upload_id).status == 200


def test_it_counts_as_an_upload(alice: Caller) -> None:
    answers = [alice.begin(filename="a.mp4", size_bytes=5) for _ in range(11)]
    assert [answer.status for answer in answers] == [201] * 10 + [429]
    assert answers[-1].detail == "Too many requests"
    assert "retry-after" in answers[-1].headers


def test_the_quota_counts(alice: Caller, monkeypatch: pytest.MonkeyPatch, s3: "S3Client") -> None:
    configure(monkeypatch, max_owner_bytes=100)
    assert alice.begin(filename="a.mp4", size_bytes=101).status == 403
    assert uploads(s3) == {}


def flip(at: int, text: str) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


LIES: dict[str, Callable[[str], str]] = {
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


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_an_upload_is_a_404(lie: str, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    text = LIES[lie](upload.id)
    answers = [
        alice.show_upload(upload.asset_id, text),
        alice.sign_parts(upload.asset_id, text, [1]),
        alice.complete_parts(upload.asset_id, text),
        alice.abort_upload(upload.asset_id, text),
    ]
    statuses = {answer.status for answer in answers}
    # One that is longer than any id is no valid body.
    assert statuses == ({404, 422} if len(text) > part_tokens.MAX_CHARACTERS else {404})
    assert {answer.detail for answer in answers if answer.status == 404} == {"Upload not found"}
    assert upload.show().status == 200


def test_only_its_owner_may_use_it(alice: Caller, bob: Caller, s3: "S3Client") -> None:
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
        answers = [
            caller.show_upload(asset_id, id_),
            caller.sign_parts(asset_id, id_, [1]),
            caller.complete_parts(asset_id, id_),
            caller.abort_upload(asset_id, id_),
        ]
        assert [(answer.status, answer.detail) for answer in answers] == [(404, "Upload not found")] * 4
    assert upload.complete().status == 201


def test_without_a_token_there_is_nothing(anonymous: Caller, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    answers = [
        anonymous.begin(filename="a.mp4", size_bytes=5),
        anonymous.show_upload(upload.asset_id, upload.id),
        anonymous.sign_parts(upload.asset_id, upload.id, [1]),
        anonymous.complete_parts(upload.asset_id, upload.id),
        anonymous.abort_upload(upload.asset_id, upload.id),
    ]
    assert [answer.status for answer in answers] == [401] * 5


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_id_that_is_left_out_is_a_422(method: str, alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    answer = alice.request(method, f"/api/v2/uploads/{upload.asset_id}")
    assert (answer.status, answer.detail) == (422, "upload_id: must be in the query")


def test_counts_its_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    assert calls.made == ["UpdateItem", "CreateMultipartUpload"]
    calls.made.clear()
    alice.sign_parts(upload.asset_id, upload.id, [1])
    assert calls.made == []
    upload.send()
    upload.show()
    assert calls.made == ["ListParts"]
    calls.made.clear()
    upload.complete()
    assert calls.made == [
        "ListParts",
        "CompleteMultipartUpload",
        "BatchGetItem",
        "GetObject",
        "CopyObject",
        "TransactWriteItems",
    ]
    calls.made.clear()
    upload.complete()
    assert calls.made == ["ListParts", "BatchGetItem"]


def test_counts_the_calls_of_an_abort(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    calls.made.clear()
    upload.abort()
    assert calls.made == ["TransactWriteItems", "AbortMultipartUpload", "ListParts"]
    calls.made.clear()
    upload.abort()
    assert calls.made == ["TransactWriteItems", "BatchGetItem", "AbortMultipartUpload"]
