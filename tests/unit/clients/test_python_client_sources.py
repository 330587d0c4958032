"""The sources of the Python client's uploads: paths, bytes, files and iterators, blocking and async alike."""

import io
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, Any

import anyio
import httpx
import pytest

from asset_upload_client import AssetClient, AsyncAssetClient, NamedFile, errors, local_files, sources
from tests import media
from tests.unit.clients.scripted_service import ASSET, BASE, FORM, PATIENT, UPLOADED, Operation, Service, ok

PNG = media.png()


def pieces() -> Iterator[bytes]:
    for start in range(0, len(PNG), 7):
        yield PNG[start : start + 7]


def behind(data: bytes) -> IO[bytes]:
    """A file positioned after its first three bytes."""
    file = io.BytesIO(b"xyz" + data)
    file.seek(3)
    return file


class Pipe(io.RawIOBase):
    """A stream that cannot seek."""

    def __init__(self) -> None:
        self._inner = io.BytesIO(PNG)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._inner.readinto(buffer)


@pytest.mark.parametrize(
    "source",
    [lambda: PNG, lambda: bytearray(PNG), lambda: memoryview(PNG), lambda: io.BytesIO(PNG), lambda: behind(PNG),
     Pipe, pieces, lambda: list(pieces())],
    ids=["bytes", "bytearray", "memoryview", "file", "position", "pipe", "iterator", "list"],
)  # fmt: skip
def test_every_attempt_sends_the_whole_source(call: Operation, source: Callable[[], Any]) -> None:
    service = Service(httpx.Response(503), httpx.ReadError("reset"), ok(UPLOADED, 201), ok(ASSET))
    progress: list[tuple[int, int]] = []
    call(service, "upload", source(), filename="a.png", on_progress=lambda *sent: progress.append(sent))
    for request in service.requests[:3]:
        assert PNG in request.read()
        assert b"xyz" not in request.read()
    assert progress[-1] == (len(PNG), len(PNG))


def test_async_iterators_can_be_uploaded() -> None:
    service = Service(httpx.Response(503), ok(UPLOADED, 201), ok(ASSET))

    async def asynchronous() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    async def upload() -> None:
        async with AsyncAssetClient(BASE, "token", retries=PATIENT, transport=httpx.MockTransport(service)) as client:
            await client.upload(asynchronous(), filename="a.png", size=len(PNG))
            with pytest.raises(errors.InvalidArgument, match="more than the 10 bytes"):
                await client.upload(asynchronous(), filename="a.png", size=10)

    anyio.run(upload)
    assert [PNG in request.read() for request in service.requests[:2]] == [True, True]
    with AssetClient(BASE) as client, pytest.raises(errors.InvalidArgument, match="AsyncAssetClient"):
        client.upload(asynchronous(), filename="a.png")  # type: ignore[arg-type]


def test_a_web_frameworks_spooled_file_can_be_uploaded(call: Operation) -> None:
    service = Service(ok(UPLOADED, 201), ok(ASSET))
    with tempfile.SpooledTemporaryFile() as file:
        file.write(PNG)
        file.seek(0)
        call(service, "upload", file, filename="a.png")
    assert PNG in service.requests[0].read()


def test_an_open_file_is_uploaded_under_its_own_name(call: Operation, image: Path) -> None:
    service = Service(ok(UPLOADED, 201), ok(ASSET))
    with image.open("rb") as file:
        call(service, "upload", file)
        assert not file.closed
    assert b'filename="a.png"' in service.requests[0].read()


def test_a_large_iterator_is_uploaded_by_form_with_size_and_checksum(call: Operation, clip: Path) -> None:
    service = Service(ok({**UPLOADED, "upload": FORM}, 201), httpx.Response(201), ok(ASSET, 201))
    data = clip.read_bytes()
    call(service, "upload", iter([data[:100], data[100:]]), filename="a.mp4", size=len(data))
    assert data in service.requests[1].read()


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (None, {}, "not NoneType"),
        (7, {}, "not int"),
        ({"a": 1}, {}, "not dict"),
        ("https://example.com/a.png", {}, "import_url"),
        (PNG, {}, "Pass `filename`"),
        (io.StringIO("text"), {"filename": "a.png"}, "binary mode"),
        (["text"], {"filename": "a.png"}, "yields bytes, not str"),
        (PNG, {"filename": "a.png", "size": 5}, "not the 5 that `size` declares"),
        ([b"abc"], {"filename": "a.png", "size": 2}, "more than the 2 bytes"),
        ([b"abc"], {"filename": "a.png", "size": 4}, "not the 4 that `size` declares"),
    ],
)
def test_an_unsupported_source_is_an_error_with_a_message(
    call: Operation, source: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=words):
        call(Service(), "upload", source, **options)


def test_an_endless_iterator_is_not_buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_SPOOLED_BYTES", 1000)
    with pytest.raises(errors.FileTooLarge, match="5 GB"):
        sources.content_of(iter(lambda: b"x" * 100, b""))


def test_readers_of_a_file_are_independent() -> None:
    content = sources.content_of(behind(b"abcdef"))
    first, second = content.open(), content.open()
    assert (first.read(2), second.read(3), first.read(), second.tell()) == (b"ab", b"abc", b"cdef", 3)
    assert first.seek(0, os.SEEK_END) == 6
    assert (first.seek(-1, os.SEEK_CUR), first.read()) == (5, b"f")


def test_large_files_are_not_hashed(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_files, "FORM_MAX_BYTES", 10)
    assert local_files.inspect(sources.content_of(image)).sha256 is None


def test_many_sources_of_every_kind_are_uploaded_under_their_names(call: Operation, tmp_path: Path) -> None:
    path = tmp_path / "path.png"
    path.write_bytes(PNG)
    opened = io.BytesIO(PNG)
    opened.name = "opened.png"
    files = [
        path,
        opened,
        NamedFile(PNG, "bytes.png"),
        NamedFile(pieces(), "pieces.png", len(PNG)),
        NamedFile(path, "renamed.png"),
        PNG,
        NamedFile(pieces(), "longer.png", len(PNG) + 1),
    ]
    service = Service(*[ok(UPLOADED, 201), ok(ASSET)] * 5)
    reported: dict[str, tuple[int, int]] = {}
    outcomes = call(
        service,
        "upload_many",
        files,
        concurrency=1,
        on_progress=lambda path, sent, total: reported.__setitem__(path.name, (sent, total)),
    )
    names = ["path.png", "opened.png", "bytes.png", "pieces.png", "path.png", "unnamed", "longer.png"]
    assert [outcome.path.name for outcome in outcomes] == names
    assert [type(outcome.error) for outcome in outcomes] == [type(None)] * 5 + [errors.InvalidArgument] * 2
    sent = [request.read() for request in service.requests if request.method == "POST"]
    for name, body in zip(["path", "opened", "bytes", "pieces", "renamed"], sent, strict=True):
        assert f'filename="{name}.png"'.encode() in body
        assert PNG in body
    assert reported == dict.fromkeys(names[:4], (len(PNG), len(PNG)))


@pytest.mark.parametrize("one", ["photo.png", PNG, Path("photo.png"), io.BytesIO(PNG), NamedFile(PNG, "a.png")])
def test_upload_many_rejects_a_single_file(call: Operation, one: Any) -> None:
    with pytest.raises(errors.InvalidArgument, match="several files"):
        call(Service(), "upload_many", one)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        (os.fsdecode(b"bad\xff.png"), "bad\ufffd.png"),
        (b"\xf0\x9f\x8e\x89.png".decode("ascii", "surrogateescape"), "🎉.png"),
        ("\ud800.png", "\ufffd.png"),
    ],
    ids=["no UTF-8", "UTF-8 in another locale", "half of a pair"],
)
def test_a_name_that_is_not_unicode_is_sent_as_far_as_it_is(call: Operation, name: str, sent: str) -> None:
    service = Service(ok(UPLOADED, 201), ok({**ASSET, "size_bytes": len(PNG)}))
    call(service, "upload", PNG, filename=name)
    assert f'filename="{sent}"'.encode() in service.requests[0].content


def test_another_text_that_is_not_unicode_is_refused(call: Operation) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"not valid Unicode: '\\udcff'"):
        call(Service(), "upload", PNG, filename="a.png", tags=["\udcff"])
    with pytest.raises(errors.InvalidArgument, match="not valid Unicode"):
        call(Service(), "generate", "\udcff", "a/b")
    with pytest.raises(errors.InvalidArgument, match="not valid Unicode"):
        call(Service(), "list_assets", tag="\udcff")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_named_pipe_is_refused_at_once(call: Operation, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(errors.FileNotReadable, match="is a pipe or a device"):
        call(Service(), "upload", tmp_path / "a.png")
