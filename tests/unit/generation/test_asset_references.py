"""References to own assets: their syntax and what they are replaced with."""

import pytest

from asset_api.assets.rendition_names import WIDTHS
from asset_api.generation import asset_references
from tests.refusals import refusal_of

ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


@pytest.mark.parametrize(
    ("text", "rendition"),
    [
        (f"asset:{ID}", None),
        (f"  ASSET:{ID.upper()} ", None),
        (f"asset:{ID}#frame=last", "frame-last.png"),
        (f"asset:{ID}#frame=first", "frame-first.png"),
        (f"asset:{ID}#frame=last&w=1280", "frame-last-w1280.jpg"),
        *((f"asset:{ID}#w={width}", f"w{width}.jpg") for width in WIDTHS),
    ],
)
def test_a_reference_names_an_asset_or_a_rendition(text: str, rendition: str | None) -> None:
    (found,) = asset_references.find({"image": text})
    assert (found.field_name, found.text, found.asset_id) == ("input.image", text, ID)
    assert (found.rendition and found.rendition.name) == rendition


@pytest.mark.parametrize(
    "text",
    [
        "asset:",
        "asset:robot",
        f"asset:{ID}x",
        f"asset:{ID}#",
        f"asset:{ID}#frame=middle",
        f"asset:{ID}#frame=poster",
        f"asset:{ID}#frame=",
        f"asset:{ID}#w=",
        f"asset:{ID}#w=1000",
        f"asset:{ID}#w=01280",
        f"asset:{ID}#w=1280&frame=last",
        f"asset:{ID}#frame=last&",
        f"asset:{ID}#frame=lastw=160",
        f"asset:{ID}#frame=last#w=160",
        f"asset:{ID}?frame=last",
    ],
)
def test_a_malformed_reference_is_refused_with_its_field(text: str) -> None:
    refusal = refusal_of(lambda: asset_references.find({"images": [text]}))
    assert refusal is not None
    assert refusal.status == 422
    assert refusal.detail.startswith("input.images.0: asset:")


@pytest.mark.parametrize(
    "text", ["Asset: the robot waves", f"see asset:{ID} wave", "my asset:robot", "assets:x", "asset"]
)
def test_prose_is_not_a_reference(text: str) -> None:
    assert asset_references.find({"prompt": text}) == []


def test_refuses_too_many_references() -> None:
    ids = [f"asset:{ID[:-2]}{number:02x}" for number in range(11)]
    assert len(asset_references.find({"images": ids[:10] * 3})) == 10
    refusal = refusal_of(lambda: asset_references.find({"images": ids}))
    assert refusal is not None
    assert (refusal.status, refusal.detail) == (422, "input: refers to more than 10 assets")


def test_replaces_references_at_any_depth_and_nothing_else() -> None:
    text = f"asset:{ID}#frame=last"
    given = {
        "image": text,
        "images": [text, "x"],
        "more": {"a": text, "b": 1, "c": None, "d": True},
        "prompt": f"a {text}",
    }
    url = "https://h/x.png"
    assert asset_references.resolve(given, {text: url}) == {
        "image": url,
        "images": [url, "x"],
        "more": {"a": url, "b": 1, "c": None, "d": True},
        "prompt": f"a {text}",
    }
