"""Coverage-guided fuzzing of every parser: no unexpected exception, and no input that exceeds a limit.

64 KiB may take 0.1 s of CPU; 50 MB, or the largest request, 1 s; both at most 32 MiB of memory. Large files
are small inputs that describe a repetition, so that the fuzzer can change them too. `make fuzz` runs longer.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.fuzzing import seeds
from tests.faults.fuzzing.limits import SMALL_BYTES, faults
from tests.faults.fuzzing.targets import DEFECTS, TARGETS, from_input, to_input

ROOT = Path(__file__).parents[3]
# Inputs found by earlier runs, from which to continue; CI keeps them between nights.
FOUND = ROOT / ".fuzzing"
SECONDS = int(os.environ.get("FUZZ_SECONDS") or 6)
SHORT_SECONDS = 60
# Some grown seeds take a second each, and longer on a busy machine.
STARTED_SECONDS = 900
RUNS = [(name, grown) for name in TARGETS for grown in (False, True)]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="Atheris has wheels for Linux on x86-64 and Python 3.11 to 3.13"
)


class Run(NamedTuple):
    status: int
    log: str
    artifacts: list[Path]

    @property
    def executed(self) -> int:
        (count,) = re.findall(r"stat::number_of_executed_units: *(\d+)", self.log)
        return int(count)


def fuzzed(name: str, directory: Path, *, grown: bool, seconds: int) -> Run:
    """Run one fuzzer to its end."""
    artifacts, found = directory / "artifacts", FOUND / f"{name}{'-grown' * grown}"
    artifacts.mkdir(parents=True)
    found.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.faults.fuzzing.fuzz", name, *(["--grown"] * grown)]
    options = {
        "max_total_time": seconds,
        "max_len": SMALL_BYTES,
        "timeout": 60,
        "rss_limit_mb": 2048,
        "print_final_stats": 1,
        "verbosity": 1,
        "artifact_prefix": f"{artifacts}/",
        # Short runs must be reproducible; long ones look for something new.
        **({"seed": 1} if seconds <= SHORT_SECONDS else {}),
    }
    done = subprocess.run(
        [*command, *(f"-{option}={value}" for option, value in options.items()), str(found), str(directory / "seeds")],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds + STARTED_SECONDS,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), sorted(artifacts.iterdir()))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, bool], Future[Run]]]:
    """Run every fuzzer, one per core at a time."""

    def run(name: str, grown: bool, directory: Path) -> Run:
        seeds.write(name, directory / "seeds", grown=grown, every=6 if SECONDS <= SHORT_SECONDS else 1)
        return fuzzed(name, directory, grown=grown, seconds=SECONDS)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # The directories are made here, because pytest's factory is not thread-safe.
        yield {(name, grown): pool.submit(run, name, grown, tmp_path_factory.mktemp(name)) for name, grown in RUNS}


@pytest.mark.parametrize(("name", "grown"), RUNS)
def test_no_input_exceeds_a_limit_or_raises_an_unexpected_error(
    name: str,
    grown: bool,
    runs: dict[tuple[str, bool], Future[Run]],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    run = runs[name, grown].result()
    assert run.status == 0, run.log[-4000:] + "".join(
        f"\n{path}: {path.read_bytes()[:2000]!r}" for path in run.artifacts
    )
    assert run.executed > 1
    record_testsuite_property(f"{name}{'-grown' * grown}", run.executed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_slow_file_exceeds_a_limit(name: str) -> None:
    """Measure each seed, small and grown, without instrumentation.

    The fuzzers watch the memory of grown inputs, because tracing takes minutes.
    """
    target = TARGETS[name]
    for what, file in seeds.repetitive(name).items():
        assert not faults(target, file.of_size(SMALL_BYTES).whole(), grown=False), what
        assert not faults(target, to_input(file), grown=True, traced=target.is_in_memory), what


@pytest.mark.parametrize(
    ("name", "why"),
    [("busy", "s of CPU; 0.1 are allowed"), ("large", "64 MiB of memory"), ("foreign", "no response for a client")],
)
def test_a_defect_is_reported(name: str, why: str, tmp_path: Path) -> None:
    assert name in DEFECTS
    (tmp_path / "seeds").mkdir()
    run = fuzzed(name, tmp_path, grown=False, seconds=20)
    assert run.status != 0
    assert why in run.log


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_represent_their_original_files(name: str) -> None:
    for file in seeds.repetitive(name).values():
        assert from_input(to_input(file), grown_to=SMALL_BYTES) == file.of_size(SMALL_BYTES)
