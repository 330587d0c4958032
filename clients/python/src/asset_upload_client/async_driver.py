"""The driver of operations for event loops: asyncio or Trio."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio.to_thread
import httpx

from asset_upload_client.errors import AssetError
from asset_upload_client.outgoing import request_arguments
from asset_upload_client.steps import Call, Sleep, Step, Steps

T = TypeVar("T")


@dataclass(frozen=True)
class AsyncDriver:
    """Performs an operation's steps one by one."""

    http: httpx.AsyncClient

    async def run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    outcome = await self._do(step)
                except httpx.DecodingError as error:
                    step = steps.throw(httpx.RemoteProtocolError(f"The body cannot be decoded: {error}"))
                except (httpx.TransportError, AssetError) as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Call):
            return await self._send(step)
        if isinstance(step, Sleep):
            await anyio.sleep(step.seconds)
            return None
        return await anyio.to_thread.run_sync(step.do, abandon_on_cancel=True)

    async def _send(self, call: Call) -> httpx.Response:
        with ExitStack() as opened:
            request = self.http.build_request(call.method, call.url, **request_arguments(call, opened))
            response = await self.http.send(request, stream=True)
            try:
                if call.sink and call.sink.accepts(response):
                    async for piece in response.aiter_bytes():
                        call.sink.write(piece)
                else:
                    await response.aread()
            finally:
                await response.aclose()
            return response
