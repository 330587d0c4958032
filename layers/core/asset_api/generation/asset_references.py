"""References to the owner's assets in a model's input, in place of URLs.

`asset:<id>` stands for the asset's URL; `asset:<id>#frame=last`, `#frame=first`, `#w=1280` and `#frame=last&w=1280` for
that rendition's, which is made before the prediction is created, because a model fetches its input only once.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from asset_api.assets import asset_ids
from asset_api.assets.rendition_names import Rendition
from asset_api.generation import input_urls
from asset_api.platform import errors

# Text with a space after the colon, or elsewhere inside, is prose.
_REFERENCE = re.compile(r"\s*asset:(?P<asset_id>[^\s#]*)(?:#(?P<fragment>\S*))?\s*", re.IGNORECASE)
_FRAGMENT = re.compile(r"(?:frame=(?P<frame>first|last)(?:&(?=w)|\Z))?(?:w=(?P<width>[0-9]{1,5}))?")
_MAX_REFERENCES = 10
_MAX_FIELD_CHARACTERS = 100  # the client may have made up the name


class Reference(NamedTuple):
    """The `text` of an input field, and the asset or rendition that it stands for."""

    field_name: str
    text: str
    asset_id: str
    rendition: Rendition | None


def find(model_input: Any) -> list[Reference]:
    """Find the references, each text once. Raises the 422 for a malformed one, and for too many."""
    found: dict[str, Reference] = {}
    for name, text in input_urls.walk_strings(model_input):
        if text not in found and (matched := _REFERENCE.fullmatch(text)):
            found[text] = _parsed(name[:_MAX_FIELD_CHARACTERS], text, matched)
    if len(found) > _MAX_REFERENCES:
        raise errors.invalid_request("input", f"refers to more than {_MAX_REFERENCES} assets")
    return list(found.values())


def resolve(value: Any, urls: Mapping[str, str]) -> Any:
    """Return the input with each text that is in `urls` replaced."""
    match value:
        case str():
            return urls.get(value, value)
        case dict():
            return {name: resolve(child, urls) for name, child in value.items()}
        case list():
            return [resolve(child, urls) for child in value]
    return value


def _parsed(field_name: str, text: str, matched: re.Match[str]) -> Reference:
    asset_id, fragment = matched["asset_id"].lower(), matched["fragment"]
    if not asset_ids.is_asset_id(asset_id):
        raise errors.invalid_request(field_name, "asset: must be followed by the id of an asset")
    if fragment is None:
        return Reference(field_name, text, asset_id, None)
    parts = _FRAGMENT.fullmatch(fragment)
    rendition = Rendition.parse(_rendition_name(parts)) if parts else None
    if rendition is None:
        raise errors.invalid_request(
            field_name,
            "asset:<id> may be followed by #frame=first, #frame=last, or #w= and a width of the ladder",
        )
    return Reference(field_name, text, asset_id, rendition)


def _rendition_name(parts: re.Match[str]) -> str:
    """Choose a format that models accept: PNG at full size, otherwise JPEG."""
    frame, width = parts["frame"], parts["width"]
    if frame and not width:
        return f"frame-{frame}.png"
    return f"{f'frame-{frame}-' if frame else ''}w{width}.jpg"
