"""Execution of predictions, one task each."""

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from stand_ins.replicate.behaviors import Behavior, OutputForm, behavior_of
from stand_ins.replicate.clock import Clock
from stand_ins.replicate.inputs import InputError, fetch_image
from stand_ins.replicate.messages import messages
from stand_ins.replicate.predictions import RETENTION_SECONDS, TIMEOUT_SECONDS, Event, Prediction, document
from stand_ins.replicate.storage import Storage
from stand_ins.replicate.webhooks import Webhooks

STARTING_SECONDS = 2.0
PROCESSING_SECONDS = 6.0
FAILURE = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"

Renderer = Callable[[bytes | None, str, Path], None]
"""Writes a video of an image, or of a prompt alone, to a path. Raises InputError. Runs in a thread."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Base URLs of the API, the delivery host, and another host."""

    api: str
    delivery: str
    elsewhere: str

    def output(self, delivery: str) -> str:
        return f"{self.delivery}/delivery/{delivery}/output.mp4"

    def output_elsewhere(self, delivery: str) -> str:
        return f"{self.elsewhere}/stand-in/elsewhere/{delivery}/output.mp4"


@dataclass(frozen=True)
class Runs:
    """The only code that changes predictions: it stores each change, then sends its webhooks."""

    storage: Storage
    webhooks: Webhooks
    http: aiohttp.ClientSession
    clock: Clock
    urls: Urls
    renderer: Renderer
    executor: Executor
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, prediction: Prediction) -> None:
        """Store `prediction` and run it. An interrupted prediction runs again from the start."""
        self.storage.put(prediction)
        self._remove_expired()
        task = asyncio.create_task(self._run(prediction))
        self._tasks[prediction.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(prediction.id, None))

    def resume(self) -> None:
        """Resume the predictions that had not ended when the stand-in stopped."""
        for prediction in self.storage.oldest_first():
            if not prediction.has_ended:
                self.begin(prediction)

    def cancel(self, prediction: Prediction) -> Prediction:
        """Cancel a prediction, unless it has ended."""
        if prediction.has_ended:
            return prediction
        if (task := self._tasks.get(prediction.id)) is not None:
            task.cancel()
        return self._store_and_notify("completed", prediction.canceled(self.clock.now()))

    async def close(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def document(self, prediction: Prediction) -> dict[str, Any]:
        return document(prediction, self.urls.api, is_removed=self.is_removed(prediction))

    def is_removed(self, prediction: Prediction) -> bool:
        return prediction.is_removed(self.clock.now(), self.clock.real(RETENTION_SECONDS))

    async def _run(self, prediction: Prediction) -> None:
        behavior = _behavior(prediction)
        if prediction.status == "starting":
            if not await self._starts(prediction, behavior):
                self._store_and_notify("completed", prediction.aborted(self.clock.now()))
                return
            prediction = self._store_and_notify("start", prediction.started(self.clock.now()))
        try:
            async with asyncio.timeout(self._seconds_until(self._time_limit(prediction))):
                await self._predict(prediction, behavior)
        except TimeoutError:
            self._store_and_notify("completed", self._stored(prediction).canceled(self.clock.now()))

    async def _starts(self, prediction: Prediction, behavior: Behavior) -> bool:
        """Return True if the model starts before the prediction's deadline."""
        try:
            async with asyncio.timeout(self._seconds_until(prediction.deadline)):
                await (
                    _wait_forever() if behavior.ending == "never starts" else self._work_for(STARTING_SECONDS, behavior)
                )
        except TimeoutError:
            return False
        return behavior.ending != "aborts"

    async def _predict(self, prediction: Prediction, behavior: Behavior) -> None:
        rest = asyncio.create_task(self._work_for(PROCESSING_SECONDS, behavior))
        try:
            delivery = await self._render_output(prediction)
            await (_wait_forever() if behavior.ending == "never ends" else rest)
        except InputError as error:
            self._store_and_notify("completed", self._stored(prediction).failed(str(error), self.clock.now()))
            return
        finally:
            rest.cancel()
        prediction = self._stored(prediction)
        if behavior.ending == "fails":
            self._store_and_notify("completed", prediction.failed(FAILURE, self.clock.now()))
            return
        output = _output(behavior.output, self.urls, delivery, self.storage.output_file(delivery))
        prediction = self._store_and_notify("output", prediction.with_output(output, delivery))
        self._store_and_notify("completed", prediction.succeeded(self.clock.now()))

    async def _render_output(self, prediction: Prediction) -> str:
        """Render the video and return the id of its delivery. Raises InputError."""
        prediction = self._store_and_notify("logs", prediction.logged("Fetching the input"))
        image = await fetch_image(self.http, prediction.input)
        delivery = self.storage.new_delivery()
        path = self.storage.output_file(delivery)
        self._store_and_notify("logs", prediction.logged("Rendering 24 frames a second"))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.executor, self.renderer, image, prediction.input["prompt"], path)
        return delivery

    def _store_and_notify(self, event: Event, prediction: Prediction) -> Prediction:
        self.storage.put(prediction)
        if prediction.webhook is not None:
            document = self.document(prediction)
            webhooks = messages(_behavior(prediction).webhooks, prediction.events, event, document)
            self.webhooks.send(prediction.webhook, prediction.id, webhooks)
        return prediction

    def _stored(self, prediction: Prediction) -> Prediction:
        return self.storage.get(prediction.id) or prediction

    async def _work_for(self, seconds: float, behavior: Behavior) -> None:
        await self.clock.sleep(seconds * behavior.pace)

    def _time_limit(self, prediction: Prediction) -> datetime:
        timeout = (prediction.started_at or self.clock.now()) + self.clock.real(TIMEOUT_SECONDS)
        return min(prediction.deadline or timeout, timeout)

    def _seconds_until(self, moment: datetime | None) -> float | None:
        return None if moment is None else max((moment - self.clock.now()) / timedelta(seconds=1), 0)

    def _remove_expired(self) -> None:
        expired = (one.delivery for one in self.storage.oldest_first() if one.delivery and self.is_removed(one))
        self.storage.remove_outputs(expired)


def _behavior(prediction: Prediction) -> Behavior:
    return behavior_of(prediction.model) or Behavior()


async def _wait_forever() -> None:
    await asyncio.Event().wait()


def _output(form: OutputForm, urls: Urls, delivery: str, path: Path) -> Any:
    url = urls.output(delivery)
    match form:
        case "list":
            return [url]
        case "object":
            return {"video": url, "seed": 1234}
        case "data url":
            return "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()
        case "null":
            return None
        case "elsewhere":
            return urls.output_elsewhere(delivery)
    return url
