"""The blocking driver of operations."""

import threading
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from asset_upload_client.errors import AssetError
from asset_upload_client.outgoing import request_arguments
from asset_upload_client.steps import Call, Sleep, Step, Steps

T = TypeVar("T")


@dataclass(frozen=True)
class Driver:
    """Performs an operation's steps one by one. `stop` ends it at its next pause or chunk."""

    http: httpx.Client
    stop: threading.Event = field(default_factory=threading.Event)

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

    def _do(self, step: Step) -> Any:
        self._check()
        if isinstance(step, Call):
            return self._send(step)
        if isinstance(step, Sleep):
            self.stop.wait(step.seconds)
            return None
        return step.do()

    def _send(self, call: Call) -> httpx.Response:
        with ExitStack() as opened:
            request = self.http.build_request(call.method, call.url, **request_arguments(call, opened, self._check))
            response = self.http.send(request, stream=True)
            opened.callback(response.close)
            if call.sink and call.sink.accepts(response):
                for piece in response.iter_bytes():
                    self._check()
                    call.sink.write(piece)
            else:
                response.read()
            return response

    def _check(self) -> None:
        if self.stop.is_set():
            raise CancelledError
