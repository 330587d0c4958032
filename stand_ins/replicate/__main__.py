"""The stand-in's command line, `python -m stand_ins.replicate`. The package's docstring describes its behavior."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from stand_ins.replicate.server import Settings, running


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stand_ins.replicate", description="Replicate's API, locally.")
    parser.add_argument("--port", type=int, required=True, help="the API's port; 0 for any free one")
    parser.add_argument("--delivery-port", type=int, help="the outputs' port; default: the API's")
    parser.add_argument("--api-token", required=True, help="the token that clients must send")
    parser.add_argument("--webhook-secret", required=True, help="`whsec_` followed by base64")
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides every duration")
    parser.add_argument("--state", type=Path, help="directory for predictions and outputs")
    parser.add_argument("--too-large-bytes", type=int, default=600 * 1024 * 1024, help="size of too large an output")
    parser.add_argument("--stop-with-stdin", action="store_true", help="exit when standard input ends")
    return parser.parse_args(argv)


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 10_000:
        raise argparse.ArgumentTypeError("the speed must be above 0 and at most 10000")
    return speed


async def _serve(settings: Settings, *, stop_with_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if stop_with_stdin:
        loop.add_reader(sys.stdin.fileno(), _stop_at_the_end, sys.stdin.fileno(), stop)
    async with running(settings) as urls:
        print(f"Replicate stand-in on {urls.api}, outputs on {urls.delivery}", flush=True)
        await stop.wait()


def _stop_at_the_end(descriptor: int, stop: asyncio.Event) -> None:
    if not os.read(descriptor, 4096):
        asyncio.get_running_loop().remove_reader(descriptor)
        stop.set()


def main(argv: Sequence[str]) -> int:
    """Run the server. Returns 1 if a port is taken or the secret is malformed, 2 for invalid arguments."""
    arguments = vars(_arguments(argv))
    stop_with_stdin = arguments.pop("stop_with_stdin")
    try:
        asyncio.run(_serve(Settings(**arguments), stop_with_stdin=stop_with_stdin))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
