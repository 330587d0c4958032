"""The runtimes of edge/viewer-request.js: Node, njs (on which CloudFront builds its own), and the local QuickJS."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.edge_function import EdgeFunction

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "edge" / "viewer-request.js"
# The newest, the one before it, and the next one.
KEYS = tuple(letter * 43 for letter in "KOn")

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """A result for one event, and the chosen origins or origin groups."""

    value: Mapping[str, Any]
    origins: list[Any]


def deployed() -> str:
    """Return the function as deployed by CloudFormation with these keys."""
    return SOURCE.read_text(encoding="utf-8").replace("${UrlSigningKeys.Value}", ",".join(KEYS))


def on_node(events: Sequence[Event]) -> list[Outcome]:
    node = shutil.which("node")
    assert node, "Node.js 20 or later must be on the PATH"
    with tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as script:
        script.write(deployed())
        script.flush()
        function = script.name
        return _in_a_process(lambda events, results: [node, HERE / "node.mjs", function, events, results], events)


def on_njs(events: Sequence[Event]) -> list[Outcome]:
    njs = shutil.which("njs")
    if njs is None and "CI" not in os.environ:
        pytest.skip(f"njs is not installed, and `sh tools/find_njs.sh` cannot install it on {sys.platform}")
    assert njs, "CI needs njs: tools/find_njs.sh"
    with tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as script:
        script.write(deployed() + (HERE / "njs.js").read_text(encoding="utf-8"))
        script.flush()
        command: list[str | Path] = [njs, "-p", HERE / "njs_modules", "-t", "module", script.name]
        return _in_a_process(lambda events, results: [*command, events, results], events)


def on_quickjs(events: Sequence[Event]) -> list[Outcome]:
    return run_source(deployed(), events)


def run_source(source: str, events: Sequence[Event]) -> list[Outcome]:
    """Run any function, in QuickJS."""
    function = EdgeFunction(source)
    return [Outcome(outcome.value, outcome.origins) for outcome in map(function.run, events)]


RUNTIMES: Mapping[str, Callable[[Sequence[Event]], list[Outcome]]] = {
    "node": on_node,
    "njs": on_njs,
    "quickjs": on_quickjs,
}


def _in_a_process(command: Callable[[Path, Path], Sequence[str | Path]], events: Sequence[Event]) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as directory:
        events_file, results_file = Path(directory, "events.json"), Path(directory, "results.json")
        events_file.write_text(json.dumps(events), encoding="utf-8")
        run = subprocess.run(
            command(events_file, results_file), capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
        results = json.loads(results_file.read_text(encoding="utf-8"))
    return [Outcome(result["value"], result["origins"]) for result in results]
