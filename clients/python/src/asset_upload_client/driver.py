"""The blocking driver of operations."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from asset_upload_client.errors import AssetError
from asset_upload_client.outgoing import build
from asset_upload_client.steps import Await, Call, OnWait, Sleep, Step, Steps, Together, Wait

T = TypeVar("T")
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Driver:
    """Performs an operation's steps one by one. `stop`, or a `parent` that is stopped, ends it at its next chunk."""

    http: httpx.Client
    on_wait: OnWait | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    parent: "Driver | None" = None

    def child(self) -> "Driver":
        """Return a driver that can be stopped on its own."""
        return Driver(self.http, self.on_wait, parent=self)

    def run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    outcome = self._do(step)
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

    def all(self, work: Callable[["Driver", T], Any], items: Iterable[T], workers: int) -> list[Any]:
        """Call `work` with a driver and each item, `workers` at a time; return the results in order.

        After the first exception, including Ctrl-C, running calls stop at their next chunk, and the others never start.
        """
        inner = self.child()
        remaining = enumerate(items)
        lock = threading.Lock()
        results: dict[int, Any] = {}

        def take() -> Iterator[tuple[int, T]]:
            while not inner.stopped:
                with lock:
                    found = next(remaining, None)
                if found is None:
                    return
                yield found

        def drain() -> None:
            for index, item in take():
                results[index] = work(inner, item)

        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(drain) for _ in range(workers)]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                if any(future.done() and future.exception() for future in futures):
                    inner.stop.set()
                wait(futures)
                # Stopped calls end with a CancelledError, so other exceptions come first.
                for future in sorted(futures, key=lambda future: isinstance(future.exception(), CancelledError)):
                    future.result()
            except BaseException:
                inner.stop.set()
                raise
        return [results[index] for index in sorted(results)]

    @property
    def stopped(self) -> bool:
        return self.stop.is_set() or (self.parent is not None and self.parent.stopped)

    def _do(self, step: Step) -> Any:
        self._check()
        if isinstance(step, Call):
            return self._send(step)
        if isinstance(step, Sleep):
            self._sleep(step)
            return None
        if isinstance(step, Together):
            return self.all(Driver.run, step.operations, step.workers)
        if isinstance(step, Await):
            raise TypeError("AssetClient cannot await; AsyncAssetClient can")
        return step.do()

    def _sleep(self, step: Sleep) -> None:
        if step.reason and self.on_wait:
            self.on_wait(Wait(step.seconds, step.reason))
        left = step.seconds
        while self.parent and left > _LOOK_SECONDS:
            if self.stop.wait(_LOOK_SECONDS):
                return
            self._check()
            left -= _LOOK_SECONDS
        self.stop.wait(left)

    def _send(self, call: Call) -> httpx.Response:
        with ExitStack() as opened:
            response = self.http.send(build(self.http, call, opened, self._check), stream=True)
            opened.callback(response.close)
            if call.sink and call.sink.accepts(response):
                for piece in response.iter_bytes():
                    self._check()
                    call.sink.write(piece)
            else:
                response.read()
            return response

    def _check(self) -> None:
        if self.stopped:
            raise CancelledError
