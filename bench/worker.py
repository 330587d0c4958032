"""One execution environment of a function: import a handler, invoke it, and print the cost as JSON.

A standalone program that uses only the standard library: `python -S -B -P worker.py PATHS EVENT INVOCATIONS`. PATHS
has the format of PYTHONPATH and contains a module `app`. CPU times are in milliseconds since the process started.
"""

import json
import os
import sys
import time

STANDARD = set(sys.modules)


class Context:
    """The context object that Lambda passes to a handler."""

    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def peak_kilobytes() -> int:
    """Return this program's peak memory (VmHWM in proc(5)); getrusage(2) would include the parent's at the fork."""
    with open("/proc/self/status") as status:  # noqa: PTH123  pathlib's import would be counted
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main() -> None:
    paths, event_file, invocations = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.path[:0] = paths.split(os.pathsep)
    with open(event_file) as file:  # noqa: PTH123  pathlib's import would be counted
        event = json.load(file)
    before = time.perf_counter()
    import app  # type: ignore[import-not-found]

    imported_cpu, imported = time.process_time(), set(sys.modules)
    response = app.handler(event, Context())
    measured = {
        "status": response.get("statusCode", 200) if isinstance(response, dict) else 200,
        "import_cpu_ms": imported_cpu * 1000,
        "first_response_cpu_ms": time.process_time() * 1000,
        "first_response_wall_ms": (time.perf_counter() - before) * 1000,
        "modules_at_import": sorted(imported - STANDARD),
        "modules_at_first_response": sorted(set(sys.modules) - STANDARD),
    }
    warm = []
    for _ in range(invocations):
        started = time.process_time()
        app.handler(event, Context())
        warm.append((time.process_time() - started) * 1000)
    measured["warm_cpu_ms"] = warm
    measured["peak_rss_kb"] = peak_kilobytes()
    # Handlers log to standard output, so the result is its last line.
    print(f"\n{json.dumps(measured)}")


main()
