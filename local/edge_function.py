"""A CloudFront function run in this process by QuickJS, without Node.

CloudFront's own runtime, njs, supports less of JavaScript than QuickJS, so the tests also run the function under njs.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quickjs

_IMPORTS = re.compile(r"^import (?:cf from 'cloudfront'|crypto from 'crypto');\n", re.MULTILINE)
_CRYPTO = Path(__file__).with_name("edge_crypto.js")
_TIME_LIMIT_SECONDS = 1
# The `cloudfront` module ("Helper methods for origin modification"), and entry points that exchange JSON with Python.
_SURROUNDINGS = """
let origins;
let outcome;
const cf = {
    selectRequestOriginById: (id) => { origins.push(id); },
    createRequestOriginGroup: (group) => { origins.push(group); },
};
function start(event) {
    origins = [];
    outcome = {};
    Promise.resolve(JSON.parse(event)).then(handler).then(
        (value) => { outcome = { value, origins }; },
        (error) => { outcome = { error: String(error) }; });
}
function finish() {
    return JSON.stringify(outcome);
}
"""


class EdgeFunctionError(Exception):
    """The function does not compile, threw, or did not finish; CloudFront responds 503 then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The request or response that the function returned, and the origins or origin groups it selected."""

    value: Mapping[str, Any]
    origins: list[Any]

    @property
    def is_response(self) -> bool:
        return "statusCode" in self.value


class EdgeFunction:
    """A compiled function. Use it from one thread only."""

    def __init__(self, source: str) -> None:
        """Compile `source`. Raises EdgeFunctionError."""
        self._context = quickjs.Context()
        self._context.set_time_limit(_TIME_LIMIT_SECONDS)
        try:
            surroundings = _SURROUNDINGS + _CRYPTO.read_text(encoding="utf-8")
            self._context.eval(surroundings + _IMPORTS.sub("", source) + "\nhandler;")
        except quickjs.JSException as error:
            raise EdgeFunctionError(str(error)) from error
        self._start = self._context.get("start")
        self._finish = self._context.get("finish")

    def run(self, event: Mapping[str, Any]) -> Outcome:
        """Call the function. Raises EdgeFunctionError if it throws, or returns nothing in time."""
        try:
            self._start(json.dumps(event))
            while self._context.execute_pending_job():
                pass
        except quickjs.JSException as error:
            raise EdgeFunctionError(str(error)) from error
        outcome = json.loads(self._finish())
        if not isinstance(outcome.get("value"), dict):
            raise EdgeFunctionError(outcome.get("error", "the function returned nothing"))
        return Outcome(outcome["value"], outcome["origins"])
