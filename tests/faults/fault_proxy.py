"""microburst between the functions and AWS: calls are throttled, fail, hang, or lose their response."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from microburst.app import make_app
from microburst.core.pipeline import Microburst
from microburst.forward import Upstream

Fault = Mapping[str, Any]

# Longer than each service's client timeout.
_TOO_LONG_MS = {"dynamodb": 3_500, "s3": 8_500, "sqs": 5_500, "cloudfront": 10_500}
_THROTTLING = {
    "dynamodb": {"code": "ProvisionedThroughputExceededException", "status": 400},
    "s3": {"code": "SlowDown", "status": 503},
    "sqs": {"code": "ThrottlingException", "status": 400},
    "cloudfront": {"code": "Throttling", "status": 400},
}
_FAILURE = {
    "dynamodb": {"code": "InternalServerError", "status": 500},
    "s3": {"code": "InternalError", "status": 500},
    "sqs": {"code": "InternalFailure", "status": 500},
    "cloudfront": {"code": "ServiceUnavailable", "status": 503},
}
SERVICES = tuple(_THROTTLING)


def faults_of(service: str) -> dict[str, tuple[float, Fault]]:
    """Return the possible faults of a `service` call, with their share per hundred."""
    return {
        "throttled": (30, {"error": _THROTTLING[service]}),
        "failed": (25, {"error": _FAILURE[service]}),
        "refused connection": (15, {"reset": True}),
        # The call succeeds, but its response is lost or truncated.
        "response lost": (15, {"response": {"abort_bytes": 0}}),
        "response truncated": (5, {"response": {"abort_frac": 0.5}}),
        "slow": (8, {"latency": {"min": 200, "max": 1500}}),
        "response timed out": (2, {"timeout_ms": _TOO_LONG_MS[service]}),
    }


def rules(probability: float) -> list[dict[str, Any]]:
    """microburst's rules, by which a call of any service has exactly one of its faults with `probability`.

    The first matching rule wins, so each rule's probability is relative to what the earlier ones leave.
    """
    found = []
    for service in SERVICES:
        remaining = 1.0
        for share, fault in faults_of(service).values():
            wanted = probability * share / 100
            found.append({"service": service, "probability": wanted / remaining, **fault})
            remaining -= wanted
    return found


class _FaithfulUpstream(Upstream):  # type: ignore[misc]  # it has no types
    """Undo changes that microburst makes to requests and responses, and AWS does not."""

    def _outbound_headers(self, request: web.Request) -> dict[str, str]:
        # The emulator verifies signatures, which cover the host that the functions called.
        return {**super()._outbound_headers(request), "host": request.host}

    async def relay(
        self, request: web.Request, body: bytes | None, mutator: object = None, data: object = None
    ) -> web.StreamResponse:
        if request.method == "HEAD":
            return await self._head(request, is_lost=mutator is not None)
        return await super().relay(request, body, mutator, data)  # type: ignore[no-any-return]

    async def _head(self, request: web.Request, *, is_lost: bool) -> web.Response:
        """Relay a HEAD request: microburst drops Content-Length and cannot truncate a response without a body."""
        url = self.base_url + request.rel_url.raw_path_qs
        headers = self._outbound_headers(request)
        async with self.session.head(url, headers=headers, allow_redirects=False) as upstream:
            if is_lost and request.transport is not None:
                request.transport.abort()
            return web.Response(status=upstream.status, headers=upstream.headers)


@dataclass
class FaultProxy:
    """A proxy in its own thread, in front of `upstream`. Forwards everything until faults are set."""

    upstream: str
    port: int
    microburst: Microburst = field(init=False)

    def __post_init__(self) -> None:
        self.microburst = Microburst(self.upstream, resign=False, fired_capacity=100_000)
        self.microburst.upstream = _FaithfulUpstream(self.upstream, resign=False, stats=self.microburst.stats)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def misbehaving(self, probability: float, *, seed: int) -> Iterator[Counter[tuple[str, str]]]:
        """Inject faults within the block; yield their counts by service and fault, complete at its end."""
        happened: Counter[tuple[str, str]] = Counter()
        # microburst draws from the module's generator.
        random.seed(seed)
        before = len(self.microburst.fired)
        self.microburst.engine.set_rules(rules(probability))
        try:
            yield happened
        finally:
            self.microburst.engine.set_rules([])
            happened.update((event.service or "", event.action) for event in list(self.microburst.fired)[before:])

    @contextmanager
    def outage_of(self, service: str) -> Iterator[None]:
        """Let every call of a service fail within the block."""
        self.microburst.engine.set_rules([{"service": service, "error": _FAILURE[service]}])
        try:
            yield
        finally:
            self.microburst.engine.set_rules([])

    @contextmanager
    def running(self) -> Iterator[None]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="fault proxy")
        thread.start()
        runner = web.AppRunner(make_app(self.microburst), access_log=None, shutdown_timeout=1)
        try:
            asyncio.run_coroutine_threadsafe(self._listen(runner), loop).result()
            yield
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
