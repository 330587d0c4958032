"""AWS and a provider that stop responding: every attempt takes the client's timeout, on a simulated clock."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ReadTimeoutError
from botocore.retries.quota import RetryQuota

from asset_api.platform import aws
from tests.functions import gateway, triggers
from tests.functions.gateway import Context


@dataclass
class StallingAws:
    """Responds to the first `responses` attempts, and then to none, although the requests still take effect."""

    timeout_seconds: float
    responses: int
    elapsed_seconds: float = 0.0

    def context(self) -> Context:
        """Return the context of an invocation that began when this object was made."""
        stalling = self

        class Remaining(Context):
            def get_remaining_time_in_millis(self) -> int:
                return int((stalling.timeout_seconds - stalling.elapsed_seconds) * 1000)

        return Remaining()

    def wait(self, seconds: float) -> None:
        self.elapsed_seconds += seconds

    def attempt(self, seconds: float) -> None:
        """Make one attempt. Raises what botocore raises after its timeouts."""
        self.responses -= 1
        if self.responses < 0:
            self.wait(seconds)
            raise ReadTimeoutError(endpoint_url="https://an-endpoint")


@contextmanager
def stalling(timeout_seconds: float, responses: int) -> Iterator[StallingAws]:
    """Replace the functions' clients within the block."""
    stalled = StallingAws(timeout_seconds, responses)
    with ExitStack() as afterwards:
        for client in (aws.dynamodb(), aws.s3(), aws.s3_for_large_files(), aws.sqs(), aws.cloudfront()):
            _stall(client, stalled, afterwards)
        patch = afterwards.enter_context(pytest.MonkeyPatch.context())
        # After many failures a client stops retrying, which must neither help here nor affect later tests.
        patch.setattr(RetryQuota, "acquire", lambda _quota, _amount: True)
        patch.setattr(urllib3.PoolManager, "request", _asking_the_provider(stalled))
        # The longest possible pauses.
        patch.setattr(random, "uniform", lambda _shortest, longest: longest)
        patch.setattr(time, "sleep", _sleeping(stalled))
        for module in (gateway, triggers):
            patch.setattr(module, "Context", stalled.context)
        yield stalled


def _stall(client: Any, stalled: StallingAws, afterwards: ExitStack) -> None:
    config, events = client.meta.config, client.meta.events

    def stall(**_: Any) -> None:
        stalled.attempt(config.connect_timeout + config.read_timeout)

    # After moto: the operation is done, and its response is lost.
    events.register_last("before-send", stall)
    afterwards.callback(events.unregister, "before-send", stall)


def _sleeping(stalled: StallingAws) -> Callable[[float], None]:
    """Advance only this thread's time, because another test's server may still be polling."""
    functions_thread, sleep = threading.current_thread(), time.sleep

    def pause(seconds: float) -> None:
        if threading.current_thread() is functions_thread:
            stalled.wait(aws.LONGEST_PAUSE_SECONDS)
        else:
            sleep(seconds)

    return pause


def _asking_the_provider(stalled: StallingAws) -> Any:
    def request(_pool: object, _method: str, url: str, *, timeout: urllib3.Timeout, **_: Any) -> None:
        connect, read = timeout.connect_timeout, timeout.read_timeout
        assert isinstance(connect, int | float)
        assert isinstance(read, int | float)
        stalled.wait(connect + read)
        raise urllib3.exceptions.ReadTimeoutError(urllib3.HTTPConnectionPool("provider"), url, "")

    return request
