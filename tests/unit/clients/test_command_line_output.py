"""Texts in the command's output: the terminal shows them and never interprets them."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from asset_upload_client.cli import output
from asset_upload_client.response_types import Asset

# Set the window title, clear the screen, write to the clipboard; the same by a C1 control; reverse the text.
HOSTILE = ("\x1b]0;owned\x07", "\x1b[2J", "\x1b]52;c;b3duZWQ=\x07", "\x9b2J", "\u202egpj.exe", "\r", "\x08", "\x7f")
NAME = "".join(HOSTILE)
# An emoji of two code points, and a Persian word with a zero-width non-joiner.
JOINED = "👨\u200d👩 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


def test_control_characters_are_shown_as_escapes() -> None:
    assert output.visible("a\x1b[2J\x9bé\u202e\n") == "a\\u001b[2J\\u009bé\\u202e\n"


def test_joined_emoji_and_words_are_unchanged() -> None:
    assert output.visible(JOINED) == JOINED


@given(
    st.recursive(st.text(st.characters()), lambda inner: st.dictionaries(st.text(st.characters()), inner, max_size=3))
)
def test_json_round_trips(value: object) -> None:
    printed = output.visible(json.dumps(value, ensure_ascii=False))
    assert json.loads(printed) == value
    assert all(hostile not in printed for hostile in HOSTILE)


@pytest.mark.parametrize("stream", ["out", "err"])
def test_control_sequences_never_reach_the_terminal(stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    asset = Asset(
        asset_id="0", filename=NAME, file_type="image/png", size_bytes=1, uploaded_at="2025-11-15T12:34:56", url=NAME
    )
    if stream == "out":
        output.print_assets([asset])
        output.print_asset(asset)
        output.print_line(NAME)
        output.print_json(asset)
    else:
        output.print_error(NAME)
        output.say(NAME)
    printed = capsys.readouterr()
    assert "\\u001b]0;owned" in getattr(printed, stream)
    assert not any(hostile in printed.out + printed.err for hostile in HOSTILE)


@pytest.mark.parametrize(("width", "has_tags"), [(80, False), (120, True)])
def test_a_list_shows_visibility_and_tags_if_they_fit(
    monkeypatch: pytest.MonkeyPatch, width: int, has_tags: bool
) -> None:
    asset: Asset = {
        "asset_id": "0199d1a0-1111-7000-8000-000000000000", "filename": "a-photo-with-a-long-name.png",
        "file_type": "image/png", "size_bytes": 52_428_800, "uploaded_at": "2025-11-15T12:34:56", "url": "",
        "visibility": "private", "tags": ["beach", "2026"],
    }  # fmt: skip
    drawn = io.StringIO()
    monkeypatch.setattr(output, "people", Console(file=drawn, width=width, force_terminal=True, color_system=None))
    output.print_assets([asset])
    lines = drawn.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert asset["asset_id"] in lines[1]
    assert "50 MB" in lines[1]
    assert [word in lines[1] for word in ("private", "beach")] == [has_tags, has_tags]
