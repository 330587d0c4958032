"""The driver of operations for event loops: asyncio or Trio."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import httpx

from asset_upload_client.errors import AssetError
from asset_upload_client.outgoing import build
from asset_upload_client.steps import Await, Call, OnWait, Sleep, Step, Steps, Together, Wait

T = TypeVar("T")


@dataclass(frozen=True)
class AsyncDriver:
    """Performs an operation's steps one by one."""

    http: httpx.AsyncClient
    on_wait: OnWait | None = None

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

    async def all(self, work: Callable[[T], Awaitable[Any]], items: Iterable[T], workers: int) -> list[Any]:
        """Await `work` for each item, `workers` at a time; return the results in order. The first error ends all."""
        remaining = enumerate(items)
        results: dict[int, Any] = {}
        failures: list[BaseException] = []

        async def drain(scope: anyio.CancelScope) -> None:
            for index, item in remaining:
                try:
                    results[index] = await work(item)
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - raised below: the task group would wrap it into a group
                    failures.append(error)
                    scope.cancel()
                    return

        async with anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(drain, group.cancel_scope)
        if failures:
            raise failures[0]
        return [results[index] for index in sorted(results)]

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Call):
            return await self._send(step)
        if isinstance(step, Sleep):
            if step.reason and self.on_wait:
                self.on_wait(Wait(step.seconds, step.reason))
            await anyio.sleep(step.seconds)
            return None
        if isinstance(step, Together):
            return await self.all(self.run, step.operations, step.workers)
        if isinstance(step, Await):
            return await step.do()
        return await anyio.to_thread.run_sync(step.do, abandon_on_cancel=True)

    async def _send(self, call: Call) -> httpx.Response:
        with ExitStack() as opened:
            response = await self.http.send(build(self.http, call, opened), stream=True)
            try:
                if call.sink and call.sink.accepts(response):
                    async for piece in response.aiter_bytes():
                        call.sink.write(piece)
                else:
                    await response.aread()
            finally:
                await response.aclose()
            return response
