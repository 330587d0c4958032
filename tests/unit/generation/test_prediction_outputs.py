import base64
from typing import Any

import pytest

from asset_api.generation import prediction_outputs
from asset_api.generation.prediction_outputs import NoVideoError

URL = "https://replicate.delivery/a/video.mp4"
DATA = "data:video/mp4;base64,AAAA"


@pytest.mark.parametrize(
    ("output", "url"),
    [
        (URL, URL),
        ([URL], URL),
        (["https://replicate.delivery/a/preview.png", URL], URL),
        (["https://replicate.delivery/first", "https://replicate.delivery/second"], "https://replicate.delivery/first"),
        ({"video": URL, "thumbnail": "https://replicate.delivery/a.png"}, URL),
        (
            {"a": "https://replicate.delivery/x", "video": "https://replicate.delivery/y"},
            "https://replicate.delivery/y",
        ),
        ({"result": {"files": [{"url": URL}]}}, URL),
        ({"seed": 7, "video": {"url": URL}}, URL),
        (["https://replicate.delivery/a.png", DATA], DATA),
        (DATA, DATA),
    ],
)
def test_finds_the_video(output: Any, url: str) -> None:
    assert prediction_outputs.video_url(output) == url


@pytest.mark.parametrize("output", [None, "", "a text", [], {}, 7, True, [None, 1], {"video": None}, {"text": "hello"}])
def test_refuses_an_output_without_a_video(output: Any) -> None:
    with pytest.raises(NoVideoError):
        prediction_outputs.video_url(output)


def test_ignores_videos_nested_too_deep() -> None:
    output: Any = URL
    for _ in range(1000):
        output = [output]
    with pytest.raises(NoVideoError):
        prediction_outputs.video_url(output)


def test_decodes_data_urls() -> None:
    encoded = base64.b64encode(b"bytes").decode()
    assert prediction_outputs.decode_data_url(f"data:video/mp4;base64,{encoded}", 5) == b"bytes"
    assert prediction_outputs.decode_data_url("data:,by%74es", 5) == b"bytes"


@pytest.mark.parametrize(
    "url", ["data:video/mp4", "data:;base64,A", "data:;base64,????", "data:,123456", "data:," + "%" * 99]
)
def test_refuses_data_urls_that_are_malformed_or_too_large(url: str) -> None:
    with pytest.raises(NoVideoError):
        prediction_outputs.decode_data_url(url, 5)
