"""The local stack's command line: `python -m local run`, `token` and `clean`. The Makefile calls it."""

import argparse
import asyncio
import shutil
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
    state.add_argument("--state", type=Path, default=ROOT / ".local", help="the directory that holds the stack's state")
    run = commands.add_parser("run", parents=[state], help="run the stack until Ctrl-C or SIGTERM")
    run.add_argument("--port", type=_port, default=8000, help="port of the front door")
    run.add_argument("--emulator-port", type=_port, help="port of the emulator; default: 4566 if free, else any")
    run.add_argument("--host", default="", help="address to listen on besides loopback; 0.0.0.0: all")
    run.add_argument("--names", type=str.split, default=[], help="further host names to serve, such as a tunnel's")
    run.add_argument("--no-reload", action="store_true", help="apply edits only at the next start")
    run.add_argument("--replicate-speed", type=float, default=1.0, help="speed-up of the stand-in for Replicate")
    run.add_argument("--functions-endpoint", help="the functions' AWS endpoint, such as a proxy")
    run.add_argument(
        "--files-in-memory",
        action="store_true",
        help="keep objects in memory until the emulator ends, for measurements",
    )
    run.add_argument("--parameters", default="", help="template parameters: 'Name=value Name=\"another value\"'")
    run.add_argument("--made-by-make", type=Path, help="the target that make deletes when it is interrupted")
    token = commands.add_parser("token", parents=[state], help="print a token")
    token.add_argument("--sub", required=True, help="the owner")
    token.add_argument("--ttl", type=int, default=tokens.DEFAULT_LIFETIME_SECONDS, help="seconds until it expires")
    commands.add_parser("clean", parents=[state], help="remove the stack's state, unless the stack runs")
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return int(text)


def main(argv: Sequence[str]) -> int:
    """Run one command and return the exit status: 1 if the stack could not start or continue, 2 for wrong arguments."""
    arguments = _arguments(argv)
    state = StateDirectory(arguments.state)
    try:
        return _COMMANDS[arguments.command](state, arguments)
    except LocalStackError as error:
        print(f"\n{error.reason}\n{error.remedy}".rstrip(), file=sys.stderr)
        return 1


def _token(state: StateDirectory, arguments: argparse.Namespace) -> int:
    if not arguments.sub:
        print("A token needs an owner: make -s token SUB=alice", file=sys.stderr)
        return 2
    print(tokens.issue(arguments.sub, tokens.secret_of(state.jwt_secret), lifetime_seconds=arguments.ttl))
    return 0


def _clean(state: StateDirectory, _arguments: argparse.Namespace) -> int:
    if state.root.exists():
        with state.locked():
            shutil.rmtree(state.root)
    return 0


def _run(state: StateDirectory, arguments: argparse.Namespace) -> int:
    # Imported late: `token` needs neither boto3 nor a server. The shared package is not installed, hence the path.
    sys.path.insert(0, str(ROOT / "layers" / "core"))
    from local import run
    from local.progress import Progress
    from tools.deploy import parameters
    from tools.deploy.failures import DeploymentError

    try:
        chosen = parameters.read(arguments.parameters)
    except DeploymentError as error:
        raise LocalStackError(error.reason, error.remedy) from error

    options = run.Options(
        ROOT,
        state,
        arguments.port,
        arguments.emulator_port,
        arguments.host,
        tuple(arguments.names),
        reloads=not arguments.no_reload,
        replicate_speed=arguments.replicate_speed,
        functions_endpoint=arguments.functions_endpoint,
        files_in_memory=arguments.files_in_memory,
        made_by_make=arguments.made_by_make,
        parameters=chosen,
    )
    asyncio.run(run.run(options, Progress()))
    return 0


_COMMANDS = {"run": _run, "token": _token, "clean": _clean}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
