"""Logs of the functions: JSON lines, and metrics among them."""

import io
import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest

Line = dict[str, Any]


class CurrentStandardOutput(io.TextIOBase):
    """The current standard output at each write, because pytest changes it between a test's phases."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


class Logged:
    """The test's standard output, which on Lambda is the log."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().out
        return self._text

    @property
    def lines(self) -> Sequence[Line]:
        """Return the log lines, without the metrics."""
        return [line for line in self._all() if "_aws" not in line]

    @property
    def metrics(self) -> Sequence[Line]:
        """Return the metrics in the embedded metric format."""
        return [line for line in self._all() if "_aws" in line]

    def values(self, name: str) -> Sequence[float]:
        """Return the values of one metric, in order."""
        return [value for metric in self.metrics if name in metric for value in metric[name]]

    def _all(self) -> Sequence[Line]:
        return [json.loads(line) for line in self.text.splitlines()]
