"""Files that refer to other files and hosts, which FFmpeg and libvips would open by default.

Each is first opened without restrictions, to show that its reference works.
"""

import contextlib
import io
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from av.error import FFmpegError
from PIL import Image

from asset_api.assets.rendition_names import Rendition
from asset_api.media import file_types
from asset_api.renditions import images, pictures, videos
from asset_api.renditions.renditions import UnrenderableError
from tests.videos import video

OWN, OTHER = "navy", "red"


def clip(color: str, container: str = "mp4") -> bytes:
    """Encode six frames of one color, all of the same size, so that the index of one clip fits any other."""
    return video("mpeg2video", frames=6, repeated=color, container=container)


def referring_to(path: Path) -> bytes:
    """Make a QuickTime file whose samples are in another file, by a data reference of type `alis`."""
    data = clip(OWN)
    start = data.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", data, start)
    name = str(path).encode()
    alias = (
        struct.pack(">4sI10x", b"alis", 0)
        + struct.pack(">B27s12x", 0, b"")
        + struct.pack(">B63s16x", min(63, len(path.name)), path.name.encode())
        + struct.pack(">hh16x", -1, -1)
        + struct.pack(">HH", 2, len(name))
        + name
        + bytes(len(name) % 2)
        + struct.pack(">hH", -1, 0)
    )
    entry = struct.pack(">I", len(alias) + 4) + alias
    box = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    return _grown(data[:start] + box + data[start + size :], len(box) - size, start)


def _grown(data: bytes, by: int, at: int) -> bytes:
    """Enlarge all boxes around an offset."""
    changed = bytearray(data)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        start = data.rindex(kind, 0, at) - 4
        struct.pack_into(">I", changed, start, struct.unpack_from(">I", data, start)[0] + by)
    return bytes(changed)


def color(frame: Any) -> str:
    """Return the color that is nearer to a frame's."""
    image = pictures.picture(videos.DecodedFrame(frame, 1.0))
    return OTHER if image.extract_band(0).avg() > image.extract_band(2).avg() else OWN


def first_unrestricted(path: Path, **options: str) -> Any:
    with av.open(str(path), options=options) as container:
        return next(container.decode(video=0))


def test_a_track_in_another_file_is_not_opened(tmp_path: Path) -> None:
    other, referring = tmp_path / "other.mp4", tmp_path / "referring.mov"
    other.write_bytes(clip(OTHER))
    referring.write_bytes(referring_to(other))
    assert color(first_unrestricted(referring, enable_drefs="1", use_absolute_path="1")) == OTHER
    with pytest.raises(UnrenderableError, match="no frame that can be decoded"):
        videos.frame(io.BytesIO(referring.read_bytes()), "first")


PLAYLISTS: dict[str, tuple[str, dict[str, str]]] = {
    "concat": ("ffconcat version 1.0\nfile '{path}'\n", {"safe": "0"}),
    "HLS": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        {"allowed_extensions": "ALL", "allowed_segment_extensions": "ALL", "extension_picky": "0"},
    ),
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_named_as_a_video_is_not_followed(name: str, tmp_path: Path) -> None:
    other, playlist = tmp_path / "other.ts", tmp_path / "playlist.m3u8"
    other.write_bytes(clip(OTHER, "mpegts"))
    text, options = PLAYLISTS[name]
    playlist.write_text(text.format(path=other))
    assert color(first_unrestricted(playlist, **options)) == OTHER
    with pytest.raises(UnrenderableError, match="cannot be decoded"):
        videos.frame(io.BytesIO(playlist.read_bytes()), "first")


def test_a_playlist_makes_no_connection(tmp_path: Path) -> None:
    connections: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as host:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, address = host.accept()
                    connections.append(address)
                    connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        playlist = tmp_path / "playlist.m3u8"
        text, options = PLAYLISTS["HLS"]
        playlist.write_text(text.format(path=f"http://127.0.0.1:{host.getsockname()[1]}/other.ts"))
        with pytest.raises(UnrenderableError):
            videos.frame(io.BytesIO(playlist.read_bytes()), "first")
        assert connections == []
        with pytest.raises(FFmpegError):
            first_unrestricted(playlist, **options, protocol_whitelist="file,http,tcp")
        assert connections
        host.shutdown(socket.SHUT_RDWR)


def svg(path: Path) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<image width="9" height="9" xlink:href="{path}"/></svg>'
    ).encode()


DISGUISED: dict[str, Callable[[Path], bytes]] = {
    "SVG": svg,
    "MVG": lambda path: f"push graphic-context\nimage Over 0,0 9,9 '{path}'\npop graphic-context\n".encode(),
    "text": lambda path: f"text:@{path}".encode(),
    "a list of names": lambda path: f"@{path}\n".encode(),
    "PostScript": lambda path: f"%!PS-Adobe-3.0 EPSF-3.0\n({path}) run\n".encode(),
    "CSV": lambda _: b"1,2\n3,4\n",
}


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp"])
@pytest.mark.parametrize("name", DISGUISED)
def test_other_formats_named_as_an_image_are_not_read(name: str, extension: str, tmp_path: Path) -> None:
    other, disguised = tmp_path / "other.png", tmp_path / f"disguised.{extension}"
    Image.new("RGB", (9, 9), OTHER).save(other)
    disguised.write_bytes(DISGUISED[name](other))
    media_type = file_types.declared(disguised.name, None)
    assert media_type
    with pytest.raises(UnrenderableError, match="cannot be decoded"):
        images.render(disguised, media_type, Rendition(160, "webp"))
