"""One coverage-guided fuzzer (Atheris, on libFuzzer) of one parser.

    python -m tests.faults.fuzzing.fuzz TARGET [--grown] [libFuzzer's options and directories of inputs]

Ends with an error at the first input whose parsing raises an unexpected error or exceeds a limit. The
instrumentation more than doubles the cost of parsing, so such inputs are measured again without it.
"""

import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["asset_api", "python_multipart"]):
    from tests.faults.fuzzing import limits
    from tests.faults.fuzzing.targets import DEFECTS, TARGETS


_INSTRUMENTED = 2


class LimitExceededError(Exception):
    """An input that takes too much time or memory."""


def resident_bytes(name: str) -> int:
    """Return `VmRSS` or `VmHWM`, the peak: getrusage's peak is at least that of the parent process."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


class Fuzzer:
    def __init__(self, name: str, *, grown: bool) -> None:
        self.name, self.grown = name, grown
        self.target = (TARGETS | DEFECTS)[name]
        self.seconds = limits.CPU_SECONDS_GROWN if grown else limits.CPU_SECONDS
        self.measured: set[bytes] = set()

    def test_one_input(self, data: bytes) -> None:
        if not self.grown:
            data = data[: limits.SMALL_BYTES]
        file = limits.as_file(self.target, data, grown=self.grown)
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak
        before = resident_bytes("VmRSS")
        spent = limits.cpu_seconds(self.target, file)
        if spent > _INSTRUMENTED * self.seconds or resident_bytes("VmHWM") - before > limits.MEMORY_BYTES:
            self._measure_again(data)

    def _measure_again(self, data: bytes) -> None:
        digest = sha256(data).digest()
        if digest in self.measured:
            return
        self.measured.add(digest)
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(data)
            command = [sys.executable, "-m", limits.__name__, self.name, file.name, *(["--grown"] * self.grown)]
            response = subprocess.run(command, capture_output=True, text=True, check=False)
        if response.returncode:
            raise LimitExceededError(response.stdout or response.stderr)


def main() -> None:
    name, *rest = sys.argv[1:]
    grown = "--grown" in rest
    fuzzer = Fuzzer(name, grown=grown)
    atheris.Setup([sys.argv[0], *(each for each in rest if each != "--grown")], fuzzer.test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
