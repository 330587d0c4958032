"""The invariants, checked of a whole account by what is stored, what is served and what was answered."""

import hashlib
import io
import re

from PIL import ExifTags, Image

from tests.faults.crash_points.world import World, files, video
from tests.functions import triggers

# The contract's table of statuses, without the 500 that means a defect and those of methods and paths.
STATUSES = {200, 201, 202, 400, 404, 409, 413, 422, 429, 503}


def check_at_any_moment(world: World) -> None:
    """What holds even before anything is tried again."""
    _listed_have_the_bytes_that_were_inspected(world)
    _answers_are_in_the_contract(world)


def check(world: World) -> None:
    """What holds when all has been tried again."""
    check_at_any_moment(world)
    _only_listed_bytes_are_public(world)
    _deleted_are_gone(world)
    _keys_make_one_thing_each(world)
    _jobs_have_ended_with_one_asset_each(world)
    _no_minute_has_more_than_ten_uploads(world)
    _owners_are_apart(world)


def _listed_have_the_bytes_that_were_inspected(world: World) -> None:
    public = set(triggers.public(world.stack.s3))
    sent = {hashlib.sha256(data).hexdigest() for data in (files()["image.png"], video())}
    for item in world.stack.items("asset#"):
        asset_id = item["sk"]["S"].removeprefix("asset#")
        assert asset_id in public, "listed without bytes"
        data = triggers.public_bytes(world.stack.s3, asset_id)
        digest = hashlib.sha256(data).hexdigest()
        assert (item["sha256"]["S"], item["size_bytes"]["N"]) == (digest, str(len(data))), "not what was inspected"
        assert digest in sent or _is_the_photo_without_its_place(data), "not what was sent"


def _is_the_photo_without_its_place(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as served, Image.open(io.BytesIO(files()["image.jpg"])) as sent:
        assert sent.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        return served.tobytes() == sent.tobytes() and not served.getexif().get_ifd(ExifTags.IFD.GPSInfo)


def _only_listed_bytes_are_public(world: World) -> None:
    assert sorted(triggers.public(world.stack.s3)) == sorted(triggers.listed(world.stack.dynamodb))
    assert world.stack.copied() == [], "a generated file was left"


def _deleted_are_gone(world: World) -> None:
    tombstones = set(world.tombstones())
    assert tombstones.isdisjoint(triggers.listed(world.stack.dynamodb)), "deleted and listed"
    assert tombstones.isdisjoint(triggers.public(world.stack.s3)), "deleted and public"
    for method, target, answer in list(world.alice.answers):
        if method == "DELETE" and answer.status == 200:
            asset_id = target.rpartition("/")[2]
            assert asset_id in tombstones, "acknowledged and not deleted"
            assert world.alice.metadata(asset_id).status == 404


def _keys_make_one_thing_each(world: World) -> None:
    assert all(len(ids) == 1 for ids in world.alice.made.values()), "a key made two"


def _jobs_have_ended_with_one_asset_each(world: World) -> None:
    jobs = world.alice.jobs().json()["jobs"]
    assert all(job["status"] in ("completed", "failed", "canceled") for job in jobs), "a job has not ended"
    assert len(world.stack.provider.created) <= len(jobs), "more predictions than jobs"
    assets = {asset["asset_id"] for asset in world.alice.list().json()["assets"] if asset["file_type"] == "video/mp4"}
    assert assets == {job["asset_id"] for job in jobs if job["status"] == "completed"}


def _no_minute_has_more_than_ten_uploads(world: World) -> None:
    """No flow takes a minute but by waiting for jobs."""
    issued = {
        answer.json()["asset_id"]
        for _, target, answer in world.alice.answers
        if target.endswith("/upload-asset") and answer.status == 201
    }
    assert len(issued) <= 10


def _owners_are_apart(world: World) -> None:
    assert [asset["asset_id"] for asset in world.bob.list().json()["assets"]] == [world.bobs_asset]
    assert triggers.public_bytes(world.stack.s3, world.bobs_asset) == files()["image.png"]
    assert world.alice.metadata(world.bobs_asset).status == 404
    for asset_id in {asset["asset_id"] for asset in world.alice.list().json()["assets"]}:
        assert world.bob.metadata(asset_id).status == world.bob.delete(asset_id).status == 404


def _answers_are_in_the_contract(world: World) -> None:
    for method, target, answer in [*world.alice.answers, *world.bob.answers]:
        assert answer.status in STATUSES, f"{method} {target}: {answer.status} {answer.body}"
        assert answer.status < 400 or re.fullmatch(r".+", answer.detail)
