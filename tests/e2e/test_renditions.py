"""Renditions of images as viewers see them: made on the first request, then served like the bytes."""

import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image, ImageCms, ImageDraw

from tests import media
from tests.e2e.client import Caller, eventually, refused
from tests.e2e.emulated_aws import stored_names, wait_for_thumbnails
from tests.e2e.local_stack import LocalStack

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def quarters(mode: str = "RGB", size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Draw red above green on the left, blue above white on the right."""
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    middle_x, middle_y = size[0] // 2, size[1] // 2
    draw.rectangle((0, 0, middle_x, middle_y), RED)
    draw.rectangle((0, middle_y, middle_x, size[1]), GREEN)
    draw.rectangle((middle_x, 0, size[0], middle_y), BLUE)
    return image.convert(mode)


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def in_display_p3() -> bytes:
    """Draw a picture whose profile makes its colors less saturated than sRGB would."""
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return media.encoded(quarters(), "JPEG", quality=95, icc_profile=wide.tobytes())


def sixteen_bits() -> bytes:
    return media.encoded(Image.linear_gradient("L").resize((800, 600)).convert("I;16"), "PNG")


def transparent() -> bytes:
    image = quarters("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return media.encoded(image, "PNG")


def animated(image_format: str) -> bytes:
    first, *others = (Image.new("RGB", (800, 600), color) for color in (RED, GREEN, BLUE))
    return media.encoded(first, image_format, save_all=True, append_images=others, duration=100)


def opened(response: httpx.Response) -> Image.Image:
    assert response.status_code == 200, response.text
    image = Image.open(io.BytesIO(response.content))
    assert image.info.keys() & {"icc_profile", "exif", "xmp"} == set()
    return image


def about(color: object, wanted: tuple[int, ...], by: int = 12) -> bool:
    assert isinstance(color, tuple)
    return all(abs(a - b) <= by for a, b in zip(color, wanted, strict=True))


def shows_quarters(image: Image.Image) -> bool:
    """Compare pictures of any sizes."""
    points = [(x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)]
    colors = [image.convert("RGB").getpixel((int(image.width * x), int(image.height * y))) for x, y in points]
    return all(about(*pair) for pair in zip(colors, (RED, GREEN, BLUE, WHITE), strict=True))


@pytest.fixture
def photo(alice: Caller) -> str:
    """The URL of a picture."""
    return str(alice.uploaded("image.png", media.encoded(quarters(), "PNG"))["url"])


def test_every_rendition_of_the_ladder_is_served(http: httpx.Client, photo: str) -> None:
    for width in (160, 320, 640, 960, 1280, 1920):
        for ending, image_format in (("webp", "WEBP"), ("jpg", "JPEG")):
            image = opened(http.get(f"{photo}/w{width}.{ending}"))
            assert (image.format, image.width) == (image_format, min(width, 800))
            assert image.height == min(width, 800) * 3 // 4
            assert shows_quarters(image)


@pytest.mark.parametrize(
    ("name", "data", "mode"),
    [
        ("turned.jpg", media.encoded(quarters().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95,
                                     exif=orientation(6)), "RGB"),
        ("cmyk.jpg", media.encoded(quarters("CMYK"), "JPEG", quality=95), None),
        ("profile.jpg", in_display_p3(), "RGB"),
        ("palette.png", media.encoded(quarters("P"), "PNG"), "RGB"),
        ("alpha.png", transparent(), "RGBA"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_renditions_are_upright_and_in_srgb(
    name: str, data: bytes, mode: str | None, alice: Caller, http: httpx.Client
) -> None:
    url = alice.uploaded(name, data)["url"]
    image = opened(http.get(f"{url}/w320.webp"))
    assert image.size == (320, 240)
    if mode:
        assert image.mode == mode
        assert shows_quarters(image) or mode == "RGBA"


def test_webp_keeps_transparency_and_jpeg_makes_it_white(alice: Caller, http: httpx.Client) -> None:
    url = alice.uploaded("image.png", transparent())["url"]
    webp, jpeg = (opened(http.get(f"{url}/w320.{ending}")) for ending in ("webp", "jpg"))
    alpha = webp.getchannel("A").tobytes()
    assert alpha[160] < 15 < 240 < alpha[-160]
    assert about(jpeg.getpixel((80, 2)), WHITE)


def test_a_16_bit_image_is_rendered(alice: Caller, http: httpx.Client) -> None:
    url = alice.uploaded("image.png", sixteen_bits())["url"]
    assert opened(http.get(f"{url}/w320.webp")).mode == "RGB"


@pytest.mark.parametrize(("name", "image_format"), [("image.gif", "GIF"), ("image.webp", "WEBP")])
def test_an_animation_is_rendered_from_its_first_frame(
    name: str, image_format: str, alice: Caller, http: httpx.Client
) -> None:
    url = alice.uploaded(name, animated(image_format))["url"]
    image = opened(http.get(f"{url}/w160.webp"))
    assert getattr(image, "n_frames", 1) == 1
    assert about(image.convert("RGB").getpixel((80, 60)), RED)


def test_a_rendition_has_the_headers_of_its_original(http: httpx.Client, photo: str) -> None:
    # Thumbnails may be made before the first request; this is none.
    made, stored, original = (http.get(url) for url in (f"{photo}/w960.webp", f"{photo}/w960.webp", photo))
    assert made.content == stored.content
    assert stored.headers["content-type"] == "image/webp"
    own = {"content-type", "content-length", "content-disposition", "etag", "last-modified", "date", "via"}
    of_rendition, of_original = ({k: v for k, v in each.headers.items() if k not in own and not k.startswith("x-amz")}
                                 for each in (stored, original))  # fmt: skip
    assert of_rendition == of_original
    assert made.headers["cache-control"] == "public, max-age=31536000, immutable, s-maxage=60"
    for name in (*(of_rendition.keys() - {"cache-control"}), "etag", "content-type", "content-disposition"):
        assert made.headers[name] == stored.headers[name], name


def test_renditions_support_head_conditional_requests_and_ranges(http: httpx.Client, photo: str) -> None:
    url = f"{photo}/w640.jpg"
    head = http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    whole = http.get(url)
    assert http.head(url).headers["content-length"] == str(len(whole.content))
    assert http.get(url, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    part = http.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])


def test_concurrent_requests_get_the_same_rendition(http: httpx.Client, photo: str, stack: LocalStack) -> None:
    with ThreadPoolExecutor(12) as threads:
        responses = list(threads.map(lambda _: http.get(f"{photo}/w1280.webp"), range(12)))
    assert {response.status_code for response in responses} == {200}
    assert (
        len({response.content for response in responses})
        == len({response.headers["etag"] for response in responses})
        == 1
    )
    assert "w1280.webp" in stored_names(stack, photo.rpartition("/")[2])


def test_other_rendition_names_are_not_found(alice: Caller, http: httpx.Client, photo: str) -> None:
    assert refused(http.get(f"{photo}/w321.webp"), 404).startswith("Not found")
    missing = photo[:-4] + "0000"
    assert refused(http.get(f"{missing}/w320.webp"), 404) == "Asset not found"
    video = alice.uploaded("clip.mp4", media.mp4())["url"]
    assert refused(http.get(f"{video}/w320.webp"), 404).startswith("Rendition not found")


def test_a_new_image_gets_thumbnails_and_a_thumbhash(alice: Caller, http: httpx.Client, stack: LocalStack) -> None:
    asset_id = alice.uploaded("image.jpg", media.jpeg(800, 600))["asset_id"]
    eventually("a thumbhash", lambda: alice.metadata(asset_id).json()["thumbhash"])
    shown = alice.metadata(asset_id).json()
    wait_for_thumbnails(stack, asset_id)
    assert opened(http.get(shown["thumbnail_url"])).size == (320, 240)


def test_a_delete_removes_the_renditions(alice: Caller, http: httpx.Client, photo: str, stack: LocalStack) -> None:
    names = ("w160.webp", "w320.jpg", "w1280.webp")
    asset_id = photo.rpartition("/")[2]
    wait_for_thumbnails(stack, asset_id)
    for name in names:
        opened(http.get(f"{photo}/{name}"))
    assert set(stored_names(stack, asset_id)) >= set(names)
    assert alice.delete(asset_id).status_code == 200
    assert stored_names(stack, asset_id) == []
    for name in names:
        assert refused(http.get(f"{photo}/{name}"), 404) == "Asset not found"
