"""The local stack's command line: `python -m local run`, `python -m local token`. The Makefile calls it."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from local import tokens
from local.failures import LocalStackError
from local.state import StateDirectory

ROOT = Path(__file__).resolve().parent.parent


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="The Asset Upload API on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument("--state", type=Path, default=ROOT / ".local", help="where everything is kept")
    run = commands.add_parser("run", parents=[state], help="run the stack until Ctrl-C or SIGTERM")
    run.add_argument("--port", type=_port, default=8000, help="of the front door")
    run.add_argument("--emulator-port", type=_port, help="4566 if free, else any free one")
    token = commands.add_parser("token", parents=[state], help="print a token")
    token.add_argument("--sub", required=True, help="the owner")
    token.add_argument("--ttl", type=int, default=tokens.DEFAULT_LIFETIME_SECONDS, help="seconds until it expires")
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return int(text)


def main(argv: Sequence[str]) -> int:
    """The exit status: 1 where the stack could not start or go on, 2 for wrong arguments."""
    arguments = _arguments(argv)
    state = StateDirectory(arguments.state)
    if arguments.command == "token":
        if not arguments.sub:
            print("A token needs an owner: make -s token SUB=alice", file=sys.stderr)
            return 2
        print(tokens.issue(arguments.sub, tokens.secret_of(state.jwt_secret), lifetime_seconds=arguments.ttl))
        return 0
    return _run(state, arguments.port, arguments.emulator_port)


def _run(state: StateDirectory, port: int, emulator_port: int | None) -> int:
    # Only here: a token needs neither AWS's library nor a server, nor the shared package, which is installed nowhere.
    sys.path.insert(0, str(ROOT / "layers" / "core"))
    from local import run
    from local.progress import Progress

    progress = Progress()
    try:
        asyncio.run(run.run(run.Options(ROOT, state, port, emulator_port), progress))
    except LocalStackError as error:
        print(f"\n{error.what}\n{error.remedy}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
