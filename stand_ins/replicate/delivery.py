"""Output files, served like those of `replicate.delivery`: public to anyone with the URL, and removed after an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from stand_ins.replicate.behaviors import DeliveryForm, behavior_of
from stand_ins.replicate.predictions import Prediction
from stand_ins.replicate.runs import Urls
from stand_ins.replicate.storage import Storage

_PIECE = bytes(1024 * 1024)
_VIDEO = {"Content-Type": "video/mp4"}
_NOT_A_VIDEO = b"<!doctype html><title>Not a video</title><script>alert(1)</script>"


@dataclass
class Delivery:
    """The delivery host and, for tests, another host, `elsewhere`, that counts its requests."""

    storage: Storage
    urls: Urls
    is_removed: Callable[[Prediction], bool]
    too_large_bytes: int
    elsewhere_requests: int = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/delivery/{delivery}/output.mp4", self.output),
            web.get("/delivery/{delivery}/moved/output.mp4", self.moved),
        ]

    async def output(self, request: web.Request) -> web.StreamResponse:
        delivery = request.match_info["delivery"]
        stored = self._file_of(delivery)
        if stored is None:
            return _gone()
        form, path = stored
        match form:
            case "gone":
                return _gone()
            case "not a video":
                return web.Response(body=_NOT_A_VIDEO, headers=_VIDEO)
            case "redirects elsewhere":
                return web.Response(status=302, headers={"Location": self.urls.output_elsewhere(delivery)})
            case "redirects within":
                return web.Response(status=302, headers={"Location": f"/delivery/{delivery}/moved/output.mp4"})
            case "truncated":
                return await _truncated(request, path)
            case "too large" | "too large, undeclared":
                return await _too_large(request, path, self.too_large_bytes, is_declared=form == "too large")
        return web.FileResponse(path, headers=_VIDEO)

    async def moved(self, request: web.Request) -> web.StreamResponse:
        stored = self._file_of(request.match_info["delivery"])
        return web.FileResponse(stored[1], headers=_VIDEO) if stored else _gone()

    async def elsewhere(self, request: web.Request) -> web.StreamResponse:
        self.elsewhere_requests += 1
        return await self.moved(request)

    def _file_of(self, delivery: str) -> tuple[DeliveryForm, Path] | None:
        prediction = self.storage.of_delivery(delivery)
        if prediction is None or self.is_removed(prediction):
            return None
        behavior = behavior_of(prediction.model)
        return (behavior.delivery if behavior else "whole"), self.storage.output_file(delivery)


def _gone() -> web.Response:
    return web.Response(status=404, text="Not found")


async def _truncated(request: web.Request, path: Path) -> web.StreamResponse:
    whole = path.read_bytes()
    response = web.StreamResponse(headers=_VIDEO)
    response.content_length = len(whole)
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _too_large(request: web.Request, path: Path, size_bytes: int, *, is_declared: bool) -> web.StreamResponse:
    """Serve a video padded with zeros to `size_bytes`."""
    video = path.read_bytes()
    response = web.StreamResponse(headers=_VIDEO)
    if is_declared:
        response.content_length = size_bytes
    await response.prepare(request)
    await response.write(video[:size_bytes])
    left = size_bytes - len(video)
    while left > 0:
        await response.write(_PIECE[:left])
        left -= len(_PIECE)
    await response.write_eof()
    return response
