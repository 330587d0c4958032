"""Routes of Replicate's HTTP API, and the routes for tests."""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from stand_ins.replicate import problems
from stand_ins.replicate.behaviors import behavior_of, model_of_version, receive
from stand_ins.replicate.creation import RefusedError, Request, parse
from stand_ins.replicate.delivery import Delivery
from stand_ins.replicate.pages import page
from stand_ins.replicate.predictions import NO_VERSION, Prediction, list_entry, new_id
from stand_ins.replicate.problems import Problem
from stand_ins.replicate.runs import Runs

MAX_BODY_BYTES = 10 * 1024 * 1024
SILENCE_SECONDS = 40.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Api:
    """The API of one account. With `is_down`, every response is a 503."""

    api_token: str
    webhook_secret: str
    runs: Runs
    delivery: Delivery
    is_down: bool = False
    create_requests: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._guard])
        application.add_routes(
            [
                web.post("/v1/models/{owner}/{name}/predictions", self._create_of_model),
                web.post("/v1/predictions", self._create_of_version),
                web.get("/v1/predictions", self._list),
                web.get("/v1/predictions/{id}", self._get),
                web.post("/v1/predictions/{id}/cancel", self._cancel),
                web.get("/v1/webhooks/default/secret", self._secret),
                web.get("/stand-in/health", self._health),
                web.get("/stand-in/predictions", self._list_with_webhooks),
                web.post("/stand-in/webhooks", self._drop_webhooks),
                web.post("/stand-in/api", self._go_down),
                web.get("/stand-in/elsewhere/{delivery}/output.mp4", self.delivery.elsewhere),
            ]
        )
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Render refusals, the router's included, as Replicate does."""
        if request.path.startswith("/v1/"):
            if self.is_down:
                return _response(problems.UNAVAILABLE)
            if not self._is_authentic(request.headers.get("Authorization", "")):
                return _response(problems.UNAUTHENTICATED)
        try:
            return await handler(request)
        except RefusedError as refused:
            return _response(refused.problem)
        except web.HTTPNotFound:
            return _response(problems.NOT_FOUND)
        except (web.HTTPMethodNotAllowed, web.HTTPRequestEntityTooLarge) as error:
            return _response(Problem(error.status, error.reason, error.reason))

    def _is_authentic(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        sent = token.encode(errors="surrogateescape")
        return scheme.lower() in ("bearer", "token") and hmac.compare_digest(sent, self.api_token.encode())

    async def _create_of_model(self, request: web.Request) -> web.StreamResponse:
        wanted = parse(await _json(request), request.headers, with_version=False)
        model = f"{request.match_info['owner']}/{request.match_info['name']}"
        return await self._create(request, model, NO_VERSION, wanted)

    async def _create_of_version(self, request: web.Request) -> web.StreamResponse:
        wanted = parse(await _json(request), request.headers, with_version=True)
        version = wanted.version or ""
        model = model_of_version(version)
        if model is None or behavior_of(model) is None:
            raise RefusedError(problems.INVALID_VERSION)
        return await self._create(
            request, model, version.rpartition(":")[2] if version != model else NO_VERSION, wanted
        )

    async def _create(self, request: web.Request, model: str, version: str, wanted: Request) -> web.StreamResponse:
        self.create_requests += 1
        behavior = behavior_of(model)
        if behavior is None:
            raise RefusedError(problems.NOT_FOUND)
        fingerprint = hashlib.sha256(model.encode() + b"\0" + await request.read()).hexdigest()
        self._attempts[fingerprint] += 1
        reception = receive(behavior.create, self._attempts[fingerprint], self.runs.clock.speed)
        prediction = self._new_prediction(model, version, wanted)
        if reception.creates:
            self.runs.begin(prediction)
        if reception.problem is not None:
            return _response(reception.problem)
        if reception.response != "prediction":
            await asyncio.sleep(SILENCE_SECONDS if reception.response == "silence" else 0)
            return _close_connection(request)
        return _response(self.runs.document(prediction), 201)

    def _new_prediction(self, model: str, version: str, wanted: Request) -> Prediction:
        clock = self.runs.clock
        now = clock.now()
        lifetime = wanted.cancel_after
        deadline = None if lifetime is None else now + clock.real(lifetime.total_seconds())
        return Prediction(new_id(), model, version, wanted.input, wanted.webhook, wanted.events, now, deadline)

    def _require_prediction(self, request: web.Request) -> Prediction:
        prediction = self.runs.storage.get(request.match_info["id"])
        if prediction is None:
            raise RefusedError(problems.NOT_FOUND)
        return prediction

    async def _get(self, request: web.Request) -> web.Response:
        prediction = self._require_prediction(request)
        behavior = behavior_of(prediction.model)
        if behavior is not None and not behavior.can_be_read:
            return _response(problems.INTERNAL)
        return _response(self.runs.document(prediction))

    async def _cancel(self, request: web.Request) -> web.Response:
        prediction = self._require_prediction(request)
        behavior = behavior_of(prediction.model)
        if behavior is not None and not behavior.can_be_canceled:
            return _response(problems.INTERNAL)
        return _response(self.runs.document(self.runs.cancel(prediction)))

    async def _list(self, request: web.Request) -> web.Response:
        requested = page(self.runs.storage.oldest_first(), request.query)
        own_url = f"{self.runs.urls.api}/v1/predictions?"
        previous, following = (query and own_url + urlencode(query) for query in (requested.previous, requested.next))
        results = [list_entry(self.runs.document(prediction)) for prediction in requested.predictions]
        return _response({"previous": previous, "next": following, "results": results})

    async def _secret(self, _request: web.Request) -> web.Response:
        return _response({"key": self.webhook_secret})

    async def _health(self, _request: web.Request) -> web.Response:
        return _response({"status": "ok"})

    async def _list_with_webhooks(self, _request: web.Request) -> web.Response:
        listed = [
            self.runs.document(one) | {"webhooks": [asdict(attempt) for attempt in self.runs.webhooks.attempts(one.id)]}
            for one in self.runs.storage.oldest_first()
        ]
        counts = {"create_requests": self.create_requests, "elsewhere_requests": self.delivery.elsewhere_requests}
        return _response(counts | {"predictions": listed})

    async def _drop_webhooks(self, request: web.Request) -> web.Response:
        self.runs.webhooks.drop = await _switch(request, "drop")
        return _response({"drop": self.runs.webhooks.drop})

    async def _go_down(self, request: web.Request) -> web.Response:
        self.is_down = await _switch(request, "down")
        return _response({"down": self.is_down})


def _response(content: Problem | dict[str, Any], status: int = 200) -> web.Response:
    if isinstance(content, dict):
        return web.json_response(content, status=status)
    headers = {"Retry-After": str(content.more["retry_after"])} if "retry_after" in content.more else None
    return web.Response(
        text=json.dumps(content.document),
        status=content.status,
        headers=headers,
        content_type="application/problem+json",
    )


def _close_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)  # never sent: the connection is closed


async def _json(request: web.Request) -> Any:
    """Decode a JSON body (RFC 8259). Raises RefusedError."""
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise RefusedError(Problem(400, "The request body is not valid JSON", "Bad request")) from error


async def _switch(request: web.Request, name: str) -> bool:
    match await _json(request):
        case {**body} if isinstance(value := body.get(name), bool):
            return value
    raise RefusedError(Problem(422, f'Expected {{"{name}": true}} or {{"{name}": false}}'))
