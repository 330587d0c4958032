"""References to own assets and renditions as inputs: they exist before money is spent."""

import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from asset_api import composition
from asset_api.composition import assets
from asset_api.platform import aws, settings
from functions.frames import app as frames
from functions.renditions import app as renditions
from tests import media
from tests.fake_replicate import Problem
from tests.functions.gateway import HOST, Caller, Context
from tests.functions.generation.stack import MODEL, Stack
from tests.functions.logs import Logged
from tests.videos import video

NOBODYS = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
FUNCTIONS = {"images": renditions, "videos": frames}


class Lambda:
    """Let `generate` invoke the functions that make renditions."""

    def __init__(self) -> None:
        self.invoked: list[dict[str, Any]] = []
        self.error: dict[str, Any] = {}

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert InvocationType == "RequestResponse"
        event = json.loads(Payload)
        self.invoked.append(event)
        response: Any = self.error or FUNCTIONS[FunctionName].handler(event, Context())
        return {"Payload": io.BytesIO(json.dumps(response).encode()), **self.error}


@pytest.fixture
def functions(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Lambda:  # noqa: ARG001  completes the account
    made = Lambda()
    monkeypatch.setattr(aws, "lambda_client_for_synchronous_calls", lambda: made)
    configured = settings.current()._replace(image_renditions_function="images", video_renditions_function="videos")
    monkeypatch.setattr(settings, "current", lambda: configured)
    composition.reset()
    return made


def uploaded(caller: Caller, name: str, data: bytes) -> str:
    asset_id: str = caller.upload(name, data).json()["asset_id"]
    return asset_id


def ordered_input(stack: Stack) -> Any:
    """Return the input of the only prediction that was created."""
    (prediction,) = stack.provider.predictions.values()
    return prediction["input"]


def keys(stack: Stack) -> list[str]:
    found = stack.s3.list_objects_v2(Bucket="assets").get("Contents", [])
    return [each["Key"].removeprefix("api/v2/assets/") for each in found]


@pytest.mark.parametrize(
    ("name", "data", "fragment", "stored"),
    [
        ("clip.mp4", video(), "#frame=last", "frames/frame-last.png"),
        ("clip.mp4", video(), "#frame=first", "frames/frame-first.png"),
        ("clip.mp4", video(), "#frame=last&w=160", "frames/frame-last-w160.jpg"),
        ("image.png", media.png(), "#w=1280", "w1280.jpg"),
    ],
)
def test_a_rendition_is_made_before_the_prediction(
    name: str, data: bytes, fragment: str, stored: str, stack: Stack, alice: Caller, functions: Lambda
) -> None:
    asset_id = uploaded(alice, name, data)
    given = {"first_frame_image": f"asset:{asset_id}{fragment}", "prompt": "the asset: waves"}
    assert alice.generate(prompt="a", model_id=MODEL, input=given).status == 202
    url = f"https://{HOST}/api/v2/assets/{asset_id}/{stored.rpartition('/')[2]}"
    assert ordered_input(stack) == {"first_frame_image": url, "prompt": "the asset: waves"}
    assert keys(stack) == [asset_id, f"{asset_id}/{stored}"]
    (job,) = stack.items("job#")
    assert job["source_asset_id"] == {"S": asset_id}
    assert len(functions.invoked) == 1


def test_an_asset_itself_needs_no_rendition(stack: Stack, alice: Caller, functions: Lambda) -> None:
    asset_id = uploaded(alice, "image.png", media.png())
    assert alice.generate(prompt="a", model_id=MODEL, input={"images": [f"asset:{asset_id}"]}).status == 202
    assert ordered_input(stack)["images"] == [f"https://{HOST}/api/v2/assets/{asset_id}"]
    assert functions.invoked == []


def test_a_stored_rendition_is_not_made_again(stack: Stack, alice: Caller, functions: Lambda) -> None:  # noqa: ARG001
    asset_id = uploaded(alice, "clip.mp4", video())
    given = {"first_frame_image": f"asset:{asset_id}#frame=last"}
    assert alice.generate(prompt="a", model_id=MODEL, input=given).status == 202
    first = stack.s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/frames/frame-last.png")
    stack.clock.advance(7200)
    assert alice.generate(prompt="a", model_id=MODEL, input=given).status == 202
    again = stack.s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/frames/frame-last.png")
    assert first["LastModified"] == again["LastModified"]


def test_the_same_key_and_references_make_one_job(stack: Stack, alice: Caller, functions: Lambda) -> None:
    given = {"first_frame_image": f"asset:{uploaded(alice, 'clip.mp4', video())}#frame=last"}
    first, second = (alice.generate(key="k", prompt="a", model_id=MODEL, input=given).json() for _ in range(2))
    assert first == second
    assert len(functions.invoked) == len(stack.items("job#")) == 1


@pytest.mark.usefixtures("functions")
def test_a_reference_to_a_missing_asset_or_rendition_is_refused(stack: Stack, alice: Caller, bob: Caller) -> None:
    image, of_sound = uploaded(alice, "a.png", media.png()), uploaded(alice, "a.mp4", media.audio("mp4"))
    bobs, deleted = uploaded(bob, "b.png", media.png()), uploaded(alice, "c.png", media.png())
    assert alice.delete(deleted).status == 200
    for reference, status, words in (
        (f"asset:{NOBODYS}", 400, "names no live asset"),
        (f"asset:{bobs}", 400, "names no live asset"),
        (f"asset:{bobs}#w=160", 400, "names no live asset"),
        (f"asset:{deleted}#w=160", 400, "names no live asset"),
        (f"asset:{image}#frame=last", 400, "the asset is image/png"),
        (f"asset:{of_sound}#w=160", 400, "the asset is video/mp4"),
        (f"asset:{of_sound}#frame=last", 400, "the file has no video"),
        (f"asset:{image}#w=161", 422, "a width of the ladder"),
        ("asset:robot", 422, "must be followed by the id of an asset"),
    ):
        response = alice.generate(prompt="a", model_id=MODEL, input={"image": reference})
        assert (response.status, response.detail[:13]) == (status, "input.image: "), reference
        assert words in response.detail
    assert (stack.provider.requests, stack.items("job#")) == ([], [])


@pytest.mark.parametrize("error", [{"FunctionError": "Unhandled"}, {"status": 503, "detail": "busy"}])
def test_a_temporarily_unavailable_rendition_is_a_503(
    error: dict[str, Any], stack: Stack, alice: Caller, functions: Lambda
) -> None:
    given = {"image": f"asset:{uploaded(alice, 'clip.mp4', video())}#frame=last"}
    functions.error = error
    response = alice.generate(key="k", prompt="a", model_id=MODEL, input=given)
    assert (response.status, "retry-after" in response.headers) == (503, True)
    assert (stack.provider.requests, stack.items("job#")) == ([], [])
    functions.error = {}
    assert alice.generate(key="k", prompt="a", model_id=MODEL, input=given).status == 202


@pytest.mark.parametrize("fragment", ["", "#w=320"])
def test_a_private_asset_is_sent_as_a_url_that_expires_with_the_job(
    alice: Caller, stack: Stack, functions: Lambda, fragment: str
) -> None:
    asset_id = alice.upload("image.png", media.png(), visibility="private").json()["asset_id"]
    response = alice.generate(model_id=MODEL, prompt="go", input={"image": f"asset:{asset_id}{fragment}"})
    assert response.status == 202, response.body
    url = urlsplit(ordered_input(stack)["image"])
    assert assets.is_signed(url)
    ends = int(url.query.partition("expires=")[2].partition("&")[0])
    assert 0 <= ends - composition.now().timestamp() <= settings.current().job_deadline_seconds
    assert [event.get("visibility") for event in functions.invoked] == (["private"] if fragment else [])
    assert all(key.startswith(f"{asset_id}/private") for key in keys(stack))


def test_a_signed_url_of_a_private_asset_is_accepted_as_input(alice: Caller, functions: Lambda) -> None:  # noqa: ARG001
    asset_id = alice.upload("image.png", media.png(), visibility="private").json()["asset_id"]
    plain = f"https://{HOST}/api/v2/assets/{asset_id}"
    response = alice.generate(model_id=MODEL, prompt="go", input={"image": plain})
    assert (response.status, response.detail[:12]) == (400, "input.image:")
    signer = assets.url_signer()
    path = signer.sign(f"/api/v2/assets/{asset_id}", int(composition.now().timestamp()) + 60)
    assert alice.generate(model_id=MODEL, prompt="go", input={"image": f"https://{HOST}{path}"}).status == 202


@pytest.mark.parametrize("status", ["failed", "refused"])
def test_signatures_quoted_by_the_provider_are_removed(
    status: str,
    alice: Caller,
    stack: Stack,
    functions: Lambda,  # noqa: ARG001
    logged: Logged,
) -> None:
    asset_id = alice.upload("image.png", media.png(), visibility="private").json()["asset_id"]
    expires = int(composition.now().timestamp()) + settings.current().job_deadline_seconds
    url = f"https://{HOST}" + assets.url_signer().sign(f"/api/v2/assets/{asset_id}", expires)
    words = f"cannot read {url}: 403"
    if status == "refused":
        stack.provider.misbehavior.append(Problem(422, {"detail": words}))
    response = alice.generate(model_id=MODEL, prompt="go", input={"image": url})
    if status == "failed":
        (prediction,) = stack.provider.predictions.values()
        assert prediction["input"]["image"] == url
        prediction |= {"status": "failed", "error": words}
        assert stack.send_webhook().status == 200
        assert stack.deliver() == []
    (job,) = alice.jobs().json()["jobs"]
    assert job["error_message"].endswith(f"/api/v2/assets/{asset_id}?expires=[removed]&signature=[removed]: 403")
    (item,) = stack.items("job#")
    del item["input"]  # it is never shown
    assert url.rpartition("=")[2] not in f"{response.body} {job} {item} {logged.lines}"
