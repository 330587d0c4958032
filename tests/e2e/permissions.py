"""Permissions by role, each with an attempt that works with it and fails without it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt

from asset_api.assets import asset_ids
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import Kind
from local.stack import NAME
from tests import media
from tests.e2e.client import Caller, eventually, refused, someone, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn
from tests.template.cloudformation import ROOT

# Whether it worked. It is prepared first, with every permission, so that what fails is the attempt alone.
Attempt = Callable[[], bool]


@dataclass(frozen=True)
class World:
    """The stack as clients see it, and its AWS resources."""

    stack: LocalStack
    http: httpx.Client
    stand_in: StandIn

    def someone(self) -> Caller:
        return someone(self.stack, self.http)

    def works(self, function: str, event: dict[str, Any]) -> bool:
        """Invoke a function as its event source does; return False if it fails or returns the message to its queue."""
        answer = client(self.stack, "lambda").invoke(
            FunctionName=f"{NAME}-{function}", Payload=json.dumps(event).encode()
        )
        result = json.loads(answer["Payload"].read() or b"null")
        failed = "FunctionError" in answer or bool((result or {}).get("batchItemFailures"))
        return not failed

    def put(self, bucket: str, key: str, data: bytes, **headers: Any) -> None:
        client(self.stack, "s3").put_object(Bucket=physical_id(self.stack, bucket), Key=key, Body=data, **headers)


Prepare = Callable[[World], Attempt]


def _sample(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))


def _answers(status: int, call: Callable[[], httpx.Response]) -> Attempt:
    """Build an attempt whose response is `status`, or a 500 without the permission."""

    def attempt() -> bool:
        answer = call()
        assert answer.status_code in (status, 500), answer.text
        return answer.status_code == status

    return attempt


def lists(world: World) -> Attempt:
    return _answers(200, world.someone().list_assets)


def shows_an_asset(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    return _answers(200, lambda: owner.metadata(asset_id))


def uploads(world: World) -> Attempt:
    owner = world.someone()
    return _answers(201, lambda: owner.upload("image.png", media.png()))


def uploads_with_a_key(world: World) -> Attempt:
    owner = world.someone()
    return _answers(201, lambda: owner.upload("image.png", media.png(), key="a-key"))


def completes(world: World) -> Attempt:
    """Upload bytes that are refused, so that the event, which may come first, changes nothing."""
    owner = world.someone()
    asset_id = owner.arrived("clip.mp4", media.gif())["asset_id"]
    return _answers(400, lambda: owner.complete(asset_id))


def _post_without_event(world: World, owner: Caller, form: dict[str, Any], data: bytes) -> None:
    rule = {"Name": physical_id(world.stack, "FileArrivedRule")}
    events = client(world.stack, "events")
    events.disable_rule(**rule)
    try:
        assert owner.post(form, data).status_code == 201
    finally:
        events.enable_rule(**rule)


def _half_published(world: World) -> tuple[Caller, str]:
    """Leave an upload whose publication crashed between its bytes and its item, and whose event never comes."""
    owner = world.someone()
    answer = succeeded(owner.ask_for_form("photo.jpg"), 201)
    data = media.jpeg(exif=True)
    world.put("AssetsBucket", f"api/v2/assets/{answer['asset_id']}", data, ContentType="image/jpeg")
    _post_without_event(world, owner, answer["upload"], data)
    return owner, str(answer["asset_id"])


def completes_what_was_half_published(world: World) -> Attempt:
    owner, asset_id = _half_published(world)
    return _answers(201, lambda: owner.complete(asset_id))


def begins_a_part_upload(world: World) -> Attempt:
    owner = world.someone()
    return _answers(201, lambda: owner.begin("clip.mp4", 5))


def begins_a_part_upload_with_a_key(world: World) -> Attempt:
    owner = world.someone()
    return _answers(201, lambda: owner.begin("clip.mp4", 5, key="a-key"))


def shows_a_part_upload(world: World) -> Attempt:
    owner = world.someone()
    begun = succeeded(owner.begin("clip.mp4", 5), 201)
    return _answers(200, lambda: owner.show_upload(begun["asset_id"], begun["upload"]["id"]))


def aborts_a_part_upload(world: World) -> Attempt:
    owner = world.someone()
    begun = succeeded(owner.begin("clip.mp4", 5), 201)
    return _answers(200, lambda: owner.abort_upload(begun["asset_id"], begun["upload"]["id"]))


def completes_parts(world: World) -> Attempt:
    owner = world.someone()
    sent = owner.parts_sent("clip.mp4", media.mp4())
    return _answers(201, lambda: owner.complete_parts(*sent))


def completes_refused_parts(world: World) -> Attempt:
    """Complete an upload that is refused, whether or not its event came first."""
    owner = world.someone()
    sent = owner.parts_sent("clip.mp4", media.gif())
    return _answers(400, lambda: owner.complete_parts(*sent))


def completes_parts_that_are_read_to_their_end(world: World) -> Attempt:
    owner = world.someone()
    sent = owner.parts_sent("photo.png", media.png(), sha256="0" * 64)
    return _answers(400, lambda: owner.complete_parts(*sent))


def completes_parts_that_were_half_published(world: World) -> Attempt:
    owner = world.someone()
    data = media.jpeg(exif=True)
    sent = owner.parts_sent("photo.jpg", data)
    world.put("AssetsBucket", f"api/v2/assets/{sent[0]}", data, ContentType="image/jpeg")
    return _answers(201, lambda: owner.complete_parts(*sent))


def completes_parts_that_were_deleted(world: World) -> Attempt:
    owner = world.someone()
    sent = owner.parts_sent("clip.mp4", media.mp4())
    succeeded(owner.complete_parts(*sent), 201)
    succeeded(owner.delete(sent[0]), 200)
    return _answers(404, lambda: owner.complete_parts(*sent))


def _deleted(world: World) -> tuple[Caller, dict[str, Any]]:
    """Return a form whose asset was published and deleted."""
    owner = world.someone()
    answer = owner.arrived("clip.mp4", media.mp4())
    succeeded(owner.complete(answer["asset_id"]), 201)
    succeeded(owner.delete(answer["asset_id"]), 200)
    return owner, answer


def completes_what_was_deleted(world: World) -> Attempt:
    owner, answer = _deleted(world)
    assert owner.post(answer["upload"], media.mp4()).status_code == 201
    return _answers(404, lambda: owner.complete(answer["asset_id"]))


def _deletes(world: World, owner: Caller, asset_id: str) -> Attempt:
    def delete() -> httpx.Response:
        # The event may have removed the upload by now. This has no metadata: its own event leaves it alone.
        world.put("IncomingBucket", f"uploads/{asset_id}", b"")
        return owner.delete(asset_id)

    return _answers(200, delete)


def deletes(world: World) -> Attempt:
    owner = world.someone()
    return _deletes(world, owner, owner.uploaded("image.png", media.png())["asset_id"])


def deletes_what_was_half_published(world: World) -> Attempt:
    return _deletes(world, *_half_published(world))


def _file_arrived(world: World, asset_id: str) -> bool:
    event = _sample("publish")
    record = event["Records"][0]
    detail = json.loads(record["body"])
    detail["detail"]["object"]["key"] = f"uploads/{asset_id}"
    del detail["detail"]["object"]["version-id"]  # as in the emulator's events
    record["body"] = json.dumps(detail)
    return world.works("publish", {"Records": [record]})


def publishes(world: World) -> Attempt:
    owner = world.someone()
    answer = succeeded(owner.ask_for_form("clip.mp4"), 201)

    def attempt() -> bool:
        assert owner.post(answer["upload"], media.mp4()).status_code == 201
        return _file_arrived(world, answer["asset_id"])

    return attempt


def publishes_what_was_half_published(world: World) -> Attempt:
    _, asset_id = _half_published(world)
    return lambda: _file_arrived(world, asset_id)


def publishes_what_was_deleted(world: World) -> Attempt:
    """Deliver the event of a post after a delete a minute ago; after a more recent delete, it would be retried."""
    owner, answer = _deleted(world)
    tombstone = _item(world, f"tombstone#{answer['asset_id']}")
    client(world.stack, "dynamodb").update_item(
        TableName=physical_id(world.stack, "AssetsTable"),
        Key={"owner": tombstone["owner"], "sk": tombstone["sk"]},
        UpdateExpression="SET expires_at = expires_at - :minute",
        ExpressionAttributeValues={":minute": {"N": "60"}},
    )

    def attempt() -> bool:
        # The only event of this post: the stack's own would remove the file first, sooner or later.
        _post_without_event(world, owner, answer["upload"], media.mp4())
        return _file_arrived(world, answer["asset_id"])

    return attempt


def deletes_many(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    body = {"asset_ids": [asset_id]}
    return _answers(200, lambda: owner.send("POST", "/api/v2/assets/delete", json=body))


def _changes(world: World, **fields: Any) -> Attempt:
    owner = world.someone()
    form = succeeded(owner.ask_for_form("image.png", tags=["a"]), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    path = f"/api/v2/assets/{form['asset_id']}"
    return _answers(200, lambda: owner.send("PATCH", path, json=fields))


def renames(world: World) -> Attempt:
    return _changes(world, filename="other.png")


def changes_the_expiry(world: World) -> Attempt:
    """Change the expiry, which removes the renditions."""
    return _changes(world, expires_in=3600)


def makes_private(world: World) -> Attempt:
    return _changes(world, visibility="private")


def changes_tags(world: World) -> Attempt:
    return _changes(world, tags=["b"])


def _due(world: World, sort_key: str) -> None:
    """Make an item of the index due now."""
    item = _item(world, sort_key)
    past = ", expiry = :past" if sort_key.startswith("asset#") else ""
    client(world.stack, "dynamodb").update_item(
        TableName=physical_id(world.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="SET check_at = :past" + past,
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
    )


def _is_there(world: World, sort_key: str) -> bool:
    items = client(world.stack, "dynamodb").scan(TableName=physical_id(world.stack, "AssetsTable"))["Items"]
    return any(item["sk"]["S"] == sort_key for item in items)


def ends_what_has_expired(world: World) -> Attempt:
    owner = world.someone()
    form = succeeded(owner.ask_for_form("image.png", expires_in=60), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    sort_key = f"asset#{form['asset_id']}"

    def attempt() -> bool:
        _due(world, sort_key)
        world.works("reconcile", {})
        return not _is_there(world, sort_key)

    return attempt


def finishes_a_change(world: World) -> Attempt:
    """Finish a change whose process crashed before it rewrote the headers."""
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    succeeded(owner.send("PATCH", f"/api/v2/assets/{asset_id}", json={"filename": "other.png"}), 200)
    world.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.png(), ContentType="image/png")
    change = f"change#{asset_id}"
    item = _item(world, change)
    client(world.stack, "dynamodb").update_item(
        TableName=physical_id(world.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="ADD copying :dead",
        ExpressionAttributeValues={":dead": {"SS": ["a-request-that-died"]}},
    )

    def attempt() -> bool:
        for _ in range(2):  # the headers, then the item
            if _is_there(world, change):
                _due(world, change)
            world.works("reconcile", {})
        has_name = owner.get(asset_id).headers.get("content-disposition") == 'inline; filename="other.png"'
        return has_name and not _is_there(world, change)

    return attempt


def purges(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    record = _sample("purge")["Records"][0]
    record["dynamodb"]["Keys"]["sk"]["S"] = f"tombstone#{asset_id}"

    def attempt() -> bool:
        world.put("IncomingBucket", f"uploads/{asset_id}", b"")
        return world.works("purge", {"Records": [record]})

    return attempt


def purges_what_is_assembled(world: World) -> Attempt:
    """Purge an asset of which a publication has stored parts."""
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    record = _sample("purge")["Records"][0]
    record["dynamodb"]["Keys"]["sk"]["S"] = f"tombstone#{asset_id}"
    bucket = physical_id(world.stack, "AssetsBucket")
    client(world.stack, "s3").create_multipart_upload(Bucket=bucket, Key=f"api/v2/assets/{asset_id}")
    return lambda: world.works("purge", {"Records": [record]})


def asks_for_renditions(world: World) -> Attempt:
    """Return the event of a new image, for the function that makes renditions."""
    event = _sample("dispatch")
    return lambda: world.works("dispatch", event)


def makes_a_rendition(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png(400, 300))["asset_id"]
    path = f"/api/v2/assets/{asset_id}/w160.jpg"

    def attempt() -> bool:
        client(world.stack, "s3").delete_object(Bucket=physical_id(world.stack, "AssetsBucket"), Key=path[1:])
        key = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": "w160.jpg"}}
        client(world.stack, "dynamodb").delete_item(TableName=physical_id(world.stack, "AssetsTable"), Key=key)
        return world.http.get(path).status_code == 200

    return attempt


def makes_a_frame(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("clip.mp4", media.mp4())["asset_id"]
    name = "frame-first-w160.jpg"
    key = f"api/v2/assets/{asset_id}/frames/{name}"

    def attempt() -> bool:
        client(world.stack, "s3").delete_object(Bucket=physical_id(world.stack, "AssetsBucket"), Key=key)
        lease = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": name}}
        client(world.stack, "dynamodb").delete_item(TableName=physical_id(world.stack, "AssetsTable"), Key=lease)
        return world.http.get(f"/api/v2/assets/{asset_id}/{name}").status_code == 200

    return attempt


def generates_from_a_frame(world: World) -> Attempt:
    owner = world.someone()
    asset_id = owner.uploaded("clip.mp4", media.mp4())["asset_id"]
    return _answers(202, lambda: owner.generate(input={"image": f"asset:{asset_id}#frame=last"}))


def clears_up_after_a_maker(world: World) -> Attempt:
    """Leave a rendition without an asset, whose maker crashed a minute ago."""
    asset_id = "0199d1a0-0000-7000-8000-000000000001"
    table, bucket = physical_id(world.stack, "AssetsTable"), physical_id(world.stack, "AssetsBucket")
    key = f"api/v2/assets/{asset_id}/w160.jpg"

    def attempt() -> bool:
        world.put("AssetsBucket", key, b"")
        due = {"in_flight": {"S": "rendition"}, "check_at": {"N": str(int(time.time()) - 1)}}
        lease = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": "w160.jpg"}, **due}
        client(world.stack, "dynamodb").put_item(TableName=table, Item=lease)
        if not world.works("reconcile", {}):
            return False
        return not client(world.stack, "s3").list_objects_v2(Bucket=bucket, Prefix=key).get("Contents")

    return attempt


def generates(world: World) -> Attempt:
    owner = world.someone()
    return _answers(202, owner.generate)


def generates_with_a_key(world: World) -> Attempt:
    owner = world.someone()
    return _answers(202, lambda: owner.generate(key="a-key"))


def cancels(world: World) -> Attempt:
    owner = world.someone()
    job_id = owner.generating("stand-in/never-ends")
    return _answers(200, lambda: owner.cancel(job_id))


def generates_from_an_image(world: World) -> Attempt:
    owner = world.someone()
    url = owner.uploaded("image.png", media.png())["url"]
    return _answers(202, lambda: owner.generate(input={"image": url}))


def takes_a_webhook(world: World) -> Attempt:
    owner = world.someone()
    job_id = owner.generating()
    owner.ended(job_id)
    (prediction,) = world.stand_in.predictions_of(job_id)
    body = json.dumps({k: v for k, v in prediction.items() if k != "webhooks"}).encode()
    path = httpx.URL(prediction["webhook"]).raw_path.decode()
    headers = world.stand_in.webhook_headers(body)
    return _answers(200, lambda: world.http.post(path, content=body, headers=headers))


def _ended_unheard(world: World) -> tuple[Caller, str, dict[str, Any]]:
    """Start a job whose prediction ends without a webhook; return the message that the webhook would have sent."""
    owner = world.someone()
    job_id = owner.generating("stand-in/drops-webhook")

    def ended() -> dict[str, Any] | None:
        found = world.stand_in.predictions_of(job_id)
        return found[0] if found and found[0]["status"] == "succeeded" else None

    prediction = eventually("predicted", ended)
    record = _sample("ingest")["Records"][0]
    subject = _owner_of(world, job_id)
    message = {"owner": subject, "job_id": job_id, "prediction_id": prediction["id"]}
    record["body"] = json.dumps(message)
    return owner, job_id, {"Records": [record]}


def _owner_of(world: World, job_id: str) -> str:
    return str(_item(world, f"job#{job_id}")["owner"]["S"])


def _item(world: World, sort_key: str) -> dict[str, Any]:
    """Find an item of the assets table, of any owner."""
    table = physical_id(world.stack, "AssetsTable")
    items = client(world.stack, "dynamodb").scan(TableName=table)["Items"]
    return next(dict(item) for item in items if item["sk"]["S"] == sort_key)


def is_refused_by_the_provider(world: World) -> Attempt:
    """Check that the refusal leaves no job."""
    owner = world.someone()
    return _answers(502, lambda: owner.generate("stand-in/unauthorized"))


def cleans_up_after_a_job(world: World) -> Attempt:
    """Return the message of a job that was canceled meanwhile."""
    owner, job_id, event = _ended_unheard(world)
    succeeded(owner.cancel(job_id), 200)
    return lambda: world.works("ingest", event)


def ingests(world: World) -> Attempt:
    _, job_id, event = _ended_unheard(world)
    asset_id = _item(world, f"job#{job_id}")["asset_id"]["S"]

    def attempt() -> bool:
        # Reconcile may have had it ingested by now; then this is still to be removed.
        world.put("IncomingBucket", f"generated/{asset_id}", b"")
        return world.works("ingest", event)

    return attempt


def begins_an_import(world: World) -> Attempt:
    owner = world.someone()
    return _answers(202, lambda: owner.import_url("https://images.example.com/a.jpg"))


def imports_an_own_asset(world: World) -> Attempt:
    """Return True if the first attempt at the copy makes an asset of it."""
    owner = world.someone()
    asset = owner.uploaded("image.png", media.png())
    subject = subject_of(owner)

    def attempt() -> bool:
        asset_id = asset_ids.mint(subject, salt="any", now=datetime.now(UTC))
        source = {"source_url": asset["url"], "source_asset_id": asset["asset_id"]}
        job_id, event = _stored_job(world, subject, "import", asset_id=asset_id, **source)
        return world.works("ingest", event) and succeeded(owner.job(job_id), 200)["status"] == "completed"

    return attempt


def _stored_job(
    world: World, owner: str, kind: Kind, *, seconds_ago: int = 0, **fields: Any
) -> tuple[str, dict[str, Any]]:
    """Store a job that nobody looks at; its id, and the message that has it worked on."""
    now = datetime.now(UTC)
    job = Job(
        owner=owner,
        job_id=asset_ids.mint(owner, salt="any", now=now - timedelta(seconds=seconds_ago)),
        kind=kind,
        input={},
        deadline=int(now.timestamp()) + 3600,
        check_at=int(now.timestamp()) + 3600,
        **fields,
    )
    client(world.stack, "dynamodb").put_item(TableName=physical_id(world.stack, "AssetsTable"), Item=job.to_item())
    record = _sample("ingest")["Records"][0]
    message = {"owner": owner, "job_id": job.job_id, "prediction_id": "", "kind": kind}
    return job.job_id, {"Records": [{**record, "body": json.dumps(message)}]}


def subject_of(owner: Caller) -> str:
    """Return the owner that a caller's token names."""
    return str(jwt.decode(owner.token or "", options={"verify_signature": False})["sub"])


def erases(world: World) -> Attempt:
    """Run the first pass over an owner with a refused upload in the incoming bucket."""
    return _erasure(world, asked_for_seconds_ago=0)


def ends_an_erasure(world: World) -> Attempt:
    return _erasure(world, asked_for_seconds_ago=60)


def _erasure(world: World, *, asked_for_seconds_ago: int) -> Attempt:
    owner = world.someone()
    arrived = owner.arrived("clip.mp4", media.gif())
    refused(owner.complete(arrived["asset_id"]), 400)
    succeeded(owner.begin("clip.mp4", 5), 201)
    subject = subject_of(owner)

    def attempt() -> bool:
        # The emulator asks for the permission to remove a version from the second version on.
        world.put("IncomingBucket", f"uploads/{arrived['asset_id']}", b"")
        _, event = _stored_job(world, subject, "erasure", seconds_ago=asked_for_seconds_ago)
        return world.works("ingest", event)

    return attempt


def reconciles(world: World) -> Attempt:
    """Return True if a job that is due now ends."""
    owner, job_id, _ = _ended_unheard(world)
    key = {"owner": {"S": _owner_of(world, job_id)}, "sk": {"S": f"job#{job_id}"}}

    def attempt() -> bool:
        client(world.stack, "dynamodb").update_item(
            TableName=physical_id(world.stack, "AssetsTable"),
            Key=key,
            UpdateExpression="SET check_at = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()) - 1)}},
        )
        if not world.works("reconcile", {}):
            return False
        try:
            return bool(owner.ended(job_id, patience_seconds=8)["status"] == "completed")
        except AssertionError:
            return False

    return attempt


def keeps_what_it_cannot_read(world: World) -> Attempt:
    event = _sample("dispatch")
    event["Records"][0]["dynamodb"]["NewImage"] = {}
    return lambda: world.works("dispatch", event)


_UPLOAD: dict[tuple[str, str, str], Prepare] = {
    ("UploadRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:PutItem"): uploads_with_a_key,
    ("UploadRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): uploads,
    ("UploadRole", "ReceiveFiles", "s3:GetObject"): completes,
    ("UploadRole", "ReceiveFiles", "s3:GetObjectVersion"): uploads,
    ("UploadRole", "ReceiveFiles", "s3:PutObject"): uploads,
    ("UploadRole", "PublishBytes", "s3:GetObject"): completes_what_was_half_published,
    ("UploadRole", "PublishBytes", "s3:PutObject"): uploads,
    ("UploadRole", "PublishBytes", "s3:DeleteObject"): completes_what_was_deleted,
    ("UploadRole", "RecordAssets", "dynamodb:BatchGetItem"): completes,
    ("UploadRole", "RecordAssets", "dynamodb:ConditionCheckItem"): uploads,
    ("UploadRole", "RecordAssets", "dynamodb:PutItem"): uploads,
    ("UploadRole", "RecordAssets", "dynamodb:UpdateItem"): uploads,
    ("PartsRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:PutItem"): begins_a_part_upload_with_a_key,
    ("PartsRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): begins_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:GetObject"): completes_refused_parts,
    ("PartsRole", "ReceiveFiles", "s3:GetObjectVersion"): completes_parts_that_are_read_to_their_end,
    ("PartsRole", "ReceiveFiles", "s3:PutObject"): begins_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:AbortMultipartUpload"): aborts_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:ListMultipartUploadParts"): shows_a_part_upload,
    ("PartsRole", "PublishBytes", "s3:GetObject"): completes_parts_that_were_half_published,
    ("PartsRole", "PublishBytes", "s3:PutObject"): completes_parts,
    ("PartsRole", "PublishBytes", "s3:DeleteObject"): completes_parts_that_were_deleted,
    ("PartsRole", "RecordAssets", "dynamodb:BatchGetItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:ConditionCheckItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:PutItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:UpdateItem"): completes_parts,
}
_PUBLISH: dict[tuple[str, str, str], Prepare] = {
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
    ("PublishRole", "ReadAndRemoveFiles", "s3:GetObject"): publishes,
    ("PublishRole", "ReadAndRemoveFiles", "s3:GetObjectVersion"): publishes,
    ("PublishRole", "ReadAndRemoveFiles", "s3:DeleteObjectVersion"): publishes,
    ("PublishRole", "PublishBytes", "s3:GetObject"): publishes_what_was_half_published,
    ("PublishRole", "PublishBytes", "s3:PutObject"): publishes,
    ("PublishRole", "PublishBytes", "s3:DeleteObject"): publishes_what_was_deleted,
    ("PublishRole", "RecordAssets", "dynamodb:BatchGetItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:ConditionCheckItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:PutItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:UpdateItem"): publishes,
}
_GENERATION: dict[tuple[str, str, str], Prepare] = {
    ("GenerateRole", "LimitRequestsAndRememberIdempotencyKeys", "dynamodb:PutItem"): generates_with_a_key,
    ("GenerateRole", "LimitRequestsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): generates,
    ("GenerateRole", "KeepJobs", "dynamodb:GetItem"): cancels,
    ("GenerateRole", "KeepJobs", "dynamodb:PutItem"): generates,
    ("GenerateRole", "KeepJobs", "dynamodb:UpdateItem"): cancels,
    ("GenerateRole", "KeepJobs", "dynamodb:DeleteItem"): is_refused_by_the_provider,
    ("GenerateRole", "QueueImportsAndErasures", "sqs:SendMessage"): begins_an_import,
    ("GenerateRole", "SeeWhetherAnInputIsLive", "s3:GetObject"): generates_from_an_image,
    ("GenerateRole", "MakeWhatAnInputRefersTo", "lambda:InvokeFunction"): generates_from_a_frame,
    ("WebhookRole", "QueuePredictions", "sqs:SendMessage"): takes_a_webhook,
    ("IngestRole", "CopyOutputs", "s3:GetObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:GetObjectVersion"): ingests,
    ("IngestRole", "CopyOutputs", "s3:PutObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:DeleteObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:DeleteObjectVersion"): ingests,
    ("IngestRole", "FindCopies", "s3:ListBucketVersions"): ingests,
    ("IngestRole", "PublishBytes", "s3:GetObject"): imports_an_own_asset,
    ("IngestRole", "PublishBytes", "s3:PutObject"): ingests,
    ("IngestRole", "PublishBytes", "s3:DeleteObject"): cleans_up_after_a_job,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:GetItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:BatchGetItem"): imports_an_own_asset,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:ConditionCheckItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:PutItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:UpdateItem"): ingests,
    ("IngestRole", "EraseOwners", "dynamodb:Query"): erases,
    ("IngestRole", "EraseOwners", "dynamodb:BatchWriteItem"): erases,
    ("IngestRole", "EraseOwners", "dynamodb:DeleteItem"): ends_an_erasure,
    ("IngestRole", "EraseRequests", "dynamodb:Query"): ends_an_erasure,
    ("IngestRole", "EraseRequests", "dynamodb:DeleteItem"): ends_an_erasure,
    ("IngestRole", "RemoveUploads", "s3:DeleteObject"): erases,
    ("IngestRole", "RemoveUploads", "s3:DeleteObjectVersion"): erases,
    ("IngestRole", "RemoveUploads", "s3:AbortMultipartUpload"): erases,
    ("IngestRole", "RemoveUploads", "s3:ListMultipartUploadParts"): erases,
    ("IngestRole", "FindUploadsInParts", "s3:ListBucketMultipartUploads"): erases,
    ("IngestRole", "GoOnErasing", "sqs:SendMessage"): erases,
    ("ReconcileRole", "FindWhatIsDue", "dynamodb:Query"): reconciles,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:BatchGetItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:DeleteItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:PutItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:ConditionCheckItem"): finishes_a_change,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:GetObject"): finishes_a_change,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:PutObject"): finishes_a_change,
    ("ReconcileRole", "BringJobsOn", "dynamodb:GetItem"): reconciles,
    ("ReconcileRole", "BringJobsOn", "dynamodb:UpdateItem"): reconciles,
    ("ReconcileRole", "QueuePredictions", "sqs:SendMessage"): reconciles,
}

# By role (a logical id), statement and action: what fails without it.
NEEDED_FOR: dict[tuple[str, str, str], Prepare] = {
    **_UPLOAD,
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
    **_PUBLISH,
    ("PurgeRole", "FindWhatArrived", "s3:ListBucketVersions"): purges,
    ("PurgeRole", "RemoveWhatArrived", "s3:DeleteObject"): purges,
    ("PurgeRole", "RemoveWhatArrived", "s3:DeleteObjectVersion"): purges,
    ("PurgeRole", "RemovePublicBytes", "s3:DeleteObject"): purges,
    ("PurgeRole", "RemovePublicBytes", "s3:AbortMultipartUpload"): purges_what_is_assembled,
    ("PurgeRole", "FindWhatIsAssembled", "s3:ListBucketMultipartUploads"): purges,
    ("PurgeRole", "FindRenditions", "s3:ListBucket"): purges,
    ("PurgeRole", "InvalidateCopies", "cloudfront:CreateInvalidation"): purges,
    ("DispatchRole", "AskForRenditions", "lambda:InvokeFunction"): asks_for_renditions,
    ("FramesRole", "ReadOriginalsAndRenditions", "s3:GetObject"): makes_a_frame,
    ("FramesRole", "StoreRenditions", "s3:PutObject"): makes_a_frame,
    ("RenditionsRole", "ReadOriginalsAndRenditions", "s3:GetObject"): makes_a_rendition,
    ("RenditionsRole", "StoreRenditions", "s3:PutObject"): makes_a_rendition,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:DeleteObject"): clears_up_after_a_maker,
    ("DispatchRole", "KeepWhatCannotBeSent", "sqs:SendMessage"): keeps_what_it_cannot_read,
    **_GENERATION,
}

_POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_BY_THE_EVENT_SOURCE = "the emulator polls queues and streams as itself, not as the function's role"
_TOLD_ANYWAY = "the emulator answers 404 for a missing key to whoever may not list the bucket too"
_ONLY_IN_A_RACE = "called only where two attempts meet; tests/functions and tests/faults interleave them"
_LOGGED_ANYWAY = "the emulator writes the functions' output to their log groups as itself"
_AT_THE_LIMIT = "called only with as many jobs in flight as are allowed, which takes a minute; tests/functions has them"
_WITH_A_QUOTA = "called only where owners have a quota, which the stack of these tests has not; tests/functions has one"
_WITH_A_RECEIVER = "the stack of these tests has no webhook receiver; test_events has one, and shows these"
_FOR_LARGE_FILES = "the stack of these tests takes no large files; that of test_events does, and publishes one"
_EITHER_STATEMENT = "two statements allow it, for items that the emulator does not tell apart; tests/template has both"
_AS_OF_A_NAME = "a change of visibility is finished as one of a name is, which is shown; tests/functions finishes both"
_ON_A_BROKEN_COPY = "called only where the copy of more than 50 MB breaks off; tests/functions does that"
_ON_A_BROKEN_TRANSFER = "called only where the transfer of more than 8 MiB breaks off; tests/unit does that"

# What the emulator cannot show, and why. tests/template compares all of them with what the functions call.
NOT_SHOWN: dict[tuple[str, str, str], str] = {
    **{("PublishRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    **{("IngestRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:DescribeStream"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetRecords"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReadTombstonesAsTheyCome", "dynamodb:GetShardIterator"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "FindTheStream", "dynamodb:ListStreams"): _BY_THE_EVENT_SOURCE,
    ("PurgeRole", "ReportWhatFailedForGood", "sqs:SendMessage"): _BY_THE_EVENT_SOURCE,
    ("ReconcileRole", "SeeWhoMakesRenditions", "dynamodb:Query"): _AS_OF_A_NAME,
    ("ReconcileRole", "FindPublications", "s3:ListBucketMultipartUploads"): _AS_OF_A_NAME,
    **{
        ("DispatchRole", "ReadChangesAsTheyCome", f"dynamodb:{action}"): _BY_THE_EVENT_SOURCE
        for action in ("DescribeStream", "GetRecords", "GetShardIterator")
    },
    ("DispatchRole", "FindTheStream", "dynamodb:ListStreams"): _BY_THE_EVENT_SOURCE,
    **{("NotifyRole", "TakeMessages", f"sqs:{action}"): _BY_THE_EVENT_SOURCE for action in _POLLING},
    **{
        ("NotifyRole", "HaveThemWait", f"sqs:{action}"): _WITH_A_RECEIVER
        for action in ("GetQueueUrl", "ChangeMessageVisibility")
    },
    **{
        (f"{name}Role", "TellMissingFromForbidden", "s3:ListBucket"): _TOLD_ANYWAY
        for name in ("Upload", "Parts", "Publish", "Generate", "Ingest", "Renditions", "Frames", "Reconcile")
    },
    **{
        (role, statement, "dynamodb:UpdateItem"): _EITHER_STATEMENT
        for role in ("RenditionsRole", "FramesRole")
        for statement in ("HoldLeases", "RecordFacts")
    },
    **{
        (role, *permission): why
        for role in ("RenditionsRole", "FramesRole")
        for permission, why in (
            (("HoldLeases", "dynamodb:DeleteItem"), _ONLY_IN_A_RACE),
            (("StoreRenditions", "s3:DeleteObject"), _ONLY_IN_A_RACE),
            (("ReportWhatFailedForGood", "sqs:SendMessage"), _BY_THE_EVENT_SOURCE),
        )
    },
    ("UploadRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("PartsRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("ChangeRole", "CopyPublicBytes", "s3:DeleteObject"): _ONLY_IN_A_RACE,
    ("ReconcileRole", "TellMissingFromForbidden", "s3:ListBucket"): _TOLD_ANYWAY,
    ("PublishRole", "RecordAssets", "dynamodb:GetItem"): _WITH_A_QUOTA,
    ("GenerateRole", "KeepJobs", "dynamodb:BatchGetItem"): _AT_THE_LIMIT,
    ("IngestRole", "CopyOutputs", "s3:AbortMultipartUpload"): _ON_A_BROKEN_TRANSFER,
    **{
        (f"{name}Role", statement, "s3:AbortMultipartUpload"): _ON_A_BROKEN_COPY
        for name, statement in (
            *((name, "PublishBytes") for name in ("Upload", "Parts", "Publish", "Ingest")),
            ("Change", "CopyPublicBytes"),
            ("Reconcile", "ClearUpRenditionsAndFinishChanges"),
        )
    },
}


def not_shown(role: str, statement_id: str, action: str) -> str | None:
    """Return why no attempt can show what this permission is for, if that is so."""
    if statement_id == "WriteLogs":
        return _LOGGED_ANYWAY
    if role == "AssembleRole":
        return _FOR_LARGE_FILES
    return NOT_SHOWN.get((role, statement_id, action))
