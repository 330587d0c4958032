"""Storage of every prediction ever created, and of output files until they expire.

<directory>/predictions/<id>.json     <directory>/outputs/<delivery>/output.mp4
"""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from stand_ins.replicate.predictions import Prediction

_TIMES = ("created_at", "deadline", "started_at", "completed_at")


class Storage:
    """Predictions in memory and on disk. `put` writes a change atomically before it returns."""

    def __init__(self, directory: Path) -> None:
        self._records = directory / "predictions"
        self._outputs = directory / "outputs"
        for needed in (self._records, self._outputs):
            needed.mkdir(mode=0o700, parents=True, exist_ok=True)
        stored = (_from_record(json.loads(path.read_text())) for path in self._records.glob("*.json"))
        self._predictions = {one.id: one for one in sorted(stored, key=lambda one: one.created_at)}
        self._remove_interrupted()

    def get(self, prediction_id: str) -> Prediction | None:
        return self._predictions.get(prediction_id)

    def of_delivery(self, delivery: str) -> Prediction | None:
        return next((one for one in self.oldest_first() if delivery and one.delivery == delivery), None)

    def oldest_first(self) -> list[Prediction]:
        return list(self._predictions.values())

    def put(self, prediction: Prediction) -> None:
        descriptor, draft = tempfile.mkstemp(dir=self._records, prefix=".")
        with os.fdopen(descriptor, "w") as file:
            json.dump(_record(prediction), file)
        Path(draft).replace(self._records / f"{prediction.id}.json")
        self._predictions[prediction.id] = prediction

    def new_delivery(self) -> str:
        """Create a delivery directory with an unguessable name."""
        delivery = secrets.token_urlsafe(24)
        self.output_file(delivery).parent.mkdir()
        return delivery

    def output_file(self, delivery: str) -> Path:
        """Return the path of `delivery`'s output file. `delivery` must come from this storage."""
        return self._outputs / delivery / "output.mp4"

    def remove_outputs(self, deliveries: Iterator[str]) -> None:
        for delivery in deliveries:
            shutil.rmtree(self.output_file(delivery).parent, ignore_errors=True)

    def _remove_interrupted(self) -> None:
        known = {one.delivery for one in self.oldest_first()}
        self.remove_outputs(path.name for path in list(self._outputs.iterdir()) if path.name not in known)


def _record(prediction: Prediction) -> dict[str, Any]:
    record = {field.name: getattr(prediction, field.name) for field in fields(prediction)}
    return record | {name: record[name] and record[name].isoformat() for name in _TIMES}


def _from_record(record: dict[str, Any]) -> Prediction:
    times = {name: record[name] and datetime.fromisoformat(record[name]) for name in _TIMES}
    return Prediction(**{**record, **times, "events": tuple(record["events"])})
