"""An S3 object as a seekable file, read in few requests."""

import io
import os
from collections import deque
from collections.abc import Callable

from asset_api.renditions.renditions import UnrenderableError

MIB = 1024 * 1024
# Sequential reads double the size of each request. So decoding to the end of a video takes a request per 4 MiB, while a
# seek to one key frame reads little more than it needs.
_FIRST_BYTES, _MAX_BYTES = MIB // 2, 4 * MIB
# Sound, pictures and index may be in different parts of the file.
_WINDOWS_KEPT = 6
MAX_REQUESTS = 128


class RangedFile(io.RawIOBase):
    """A file of `size` bytes. `request(position, length)` returns its bytes."""

    def __init__(self, request: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._request = request
        self._size = size
        self._position = 0
        self._windows: deque[tuple[int, bytes]] = deque(maxlen=_WINDOWS_KEPT)
        self._next_bytes = _FIRST_BYTES
        self.requests = 0
        self.failure: BaseException | None = None
        """The error of the first failed read. FFmpeg ignores some errors, so every later read fails with it too."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the file")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes: fewer at the end of the read-ahead window, none only at the end of the file."""
        wanted = min(self._size - self._position, size if size >= 0 else self._size)
        if wanted <= 0:
            return b""
        start, window = self._window()
        offset = self._position - start
        data = window[offset : offset + wanted]
        self._position += len(data)
        return data

    def _window(self) -> tuple[int, bytes]:
        for start, window in self._windows:
            if start <= self._position < start + len(window):
                return start, window
        try:
            self._windows.appendleft(self._fetched())
        except BaseException as error:
            self.failure = self.failure or error
            raise OSError("the file cannot be read") from error
        return self._windows[0]

    def _fetched(self) -> tuple[int, bytes]:
        if self.failure:
            raise self.failure
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise UnrenderableError("the video's parts are too scattered to be read")
        is_sequential = bool(self._windows) and self._position == self._windows[0][0] + len(self._windows[0][1])
        self._next_bytes = min(2 * self._next_bytes, _MAX_BYTES) if is_sequential else _FIRST_BYTES
        length = min(self._next_bytes, self._size - self._position)
        data = self._request(self._position, length)
        if len(data) != length:
            raise EOFError(f"got {len(data)} bytes instead of {length}")
        return self._position, data
