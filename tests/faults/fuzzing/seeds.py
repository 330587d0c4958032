"""The fuzzers' initial inputs: the corpus, and the files made to be slow."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.corpus import allowed, extremes, polyglots, refused
from tests.corpus.repetitive import Repetitive
from tests.corpus.worst import WORST, exif_block
from tests.faults.fuzzing.limits import SMALL_BYTES
from tests.faults.fuzzing.targets import to_input

_BODY = (
    b"multipart/form-data; boundary=b\n"
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
)
_BODIES = {
    "body": Repetitive(_BODY, b"x", b"\r\n--b--\r\n"),
    "body of almost boundaries": Repetitive(_BODY, b"\r\n--", b"\r\n--b--\r\n"),
    "body of line ends": Repetitive(_BODY, b"\r\n", b"\r\n--b--\r\n"),
    "parts": Repetitive(b"multipart/form-data; boundary=b\n", b"--b\r\n\r\n\r\n", b"--b--\r\n"),
    "header": Repetitive(_BODY[:-2] + b"X: ", b"x", b"\r\n\r\n\r\n--b--\r\n"),
    "headers": Repetitive(_BODY[:-2], b"X: y\r\n", b"\r\n\r\n--b--\r\n"),
    "parameters": Repetitive(_BODY[:-4] + b"; a=", b'"; a="', b"\r\n\r\n--b--\r\n"),
    "file name": Repetitive(_BODY[:-30] + b'"; filename="', b'\\"', b'"\r\n\r\nx\r\n--b--\r\n'),
    "boundary": Repetitive(b"multipart/form-data; boundary=", b"b", b"\n--b--\r\n"),
    "options": Repetitive(b"multipart/form-data; ", b'a="; ', b"boundary=b\n--b--\r\n"),
}
_NAMES = {
    **{
        f"name of {text!r}": Repetitive(b"a", text.encode("utf-8", "surrogatepass"), b".jpg")
        for text in (
            "x",
            "/",
            "\\",
            ".",
            " ",
            "\0",
            "\u202e",
            "%",
            '"',
            "é",
            "漢",
            "\U0001f600",
            "\ud800",
            "a.",
            "e\u0301",
        )
    },
}
_EXIF = {
    "exif": Repetitive(exif_block(1), b"\0"),
    "entries": Repetitive(b"MM\0*\0\0\0\x08\xff\xff", b"\1\x0e\0\2\0\0\0\1\0\0\0\0"),
    "orientations": Repetitive(b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"\x12\1\3\0\2\0\0\0\6\0\0\0"),
}


def _extension(target: str) -> str:
    return "mp4" if target == "video-facts" else target.removeprefix("removal-")


def repetitive(target: str) -> dict[str, Repetitive]:
    """Return the files made to be slow for a target."""
    if target in ("multipart", "names", "exif"):
        return {"multipart": _BODIES, "names": _NAMES, "exif": _EXIF}[target]
    extension = _extension(target)
    video = extension == "mp4"
    return {
        name: worst
        for name, (media_type, worst) in WORST.items()
        if extension in ("inspection", "head", *media_type.extensions) or (video and media_type.kind == "video")
    }


def _real(target: str) -> Iterator[bytes]:
    """Return the small files of the corpus; large ones only test their size."""
    extension = _extension(target)
    for media_type, make in allowed.ALLOWED.values():
        video = extension == "mp4" and media_type.kind == "video"
        if video or extension in ("inspection", "head", *media_type.extensions):
            yield make()
    if extension in ("inspection", "head"):
        yield from (make() for make in refused.REFUSED.values())
        yield from (make() for _, make in (*polyglots.PUBLISHED.values(), *polyglots.REFUSED.values()))
        yield from (make() for _, make, _ in extremes.HUGE.values())


def write(target: str, directory: Path, *, grown: bool, every: int = 1) -> None:
    """Write each to a file of at most 64 KiB; of files to be grown, write one in `every`."""
    directory.mkdir(parents=True, exist_ok=True)
    if grown:
        inputs = [to_input(file) for file in list(repetitive(target).values())[::every]]
    else:
        inputs = [file.of_size(SMALL_BYTES).whole() for file in repetitive(target).values()]
        inputs += [data for data in _real(target) if len(data) <= SMALL_BYTES]
    for data in inputs:
        (directory / sha256(data).hexdigest()).write_bytes(data)
