"""The Makefile's command line: `python -m tools.deploy stack`, `build`, `site`, `backfill`, `token` or `secret`."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.first_steps import first_upload
from tools.deploy import build, parameters
from tools.deploy.deployed import Deployed
from tools.deploy.deployment import Request, account_of, deploy
from tools.deploy.failures import DeploymentError


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.deploy", description="Deploy and manage the Asset Upload API in your AWS account."
    )
    parser.add_argument("command", choices=sorted(_COMMANDS))
    parser.add_argument("--stack", default="", help="the stack's name; default: the one in samconfig.toml")
    parser.add_argument("--config", default="", help="an environment in samconfig.toml: default, prod")
    parser.add_argument(
        "--parameters", default="", help='template parameters, such as "Monitoring=true LogLevel=DEBUG"'
    )
    parser.add_argument(
        "--rotate", default="", help="if not empty: generate a new secret, and keep the previous one for old tokens"
    )
    parser.add_argument("--sub", default="", help="the owner of the token")
    parser.add_argument("--ttl", type=int, default=24 * 60 * 60, help="seconds until the token expires")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Return the exit status: 1 for a failure, 2 for wrong arguments, 130 after Ctrl-C."""
    arguments = _arguments(argv)
    arguments.config = arguments.config or "default"
    try:
        arguments.stack = arguments.stack or parameters.of_configuration(arguments.config)[0]
        _COMMANDS[arguments.command](arguments)
    except DeploymentError as error:
        print(f"\n{error.reason}\n\n{error.remedy}".rstrip(), file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"\nAWS: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. CloudFormation continues in the background; run `make deploy` again later.", file=sys.stderr)
        return 130
    return 0


def _say(text: str) -> None:
    print(f"— {text}", flush=True)


def _stack(arguments: argparse.Namespace) -> None:
    request = Request(
        arguments.config, arguments.stack, parameters.read(arguments.parameters), rotates_secret=bool(arguments.rotate)
    )
    deployed = deploy(_session(), request, _say)
    print(welcome(deployed.stack.outputs["Url"], arguments.stack, arguments.config), flush=True)


def _build(arguments: argparse.Namespace) -> None:
    build.build(build.target(parameters.read(arguments.parameters)))


def _site(arguments: argparse.Namespace) -> None:
    deployed = _deployed(arguments)
    print(f"{deployed.publish_site()} files changed: {deployed.stack.outputs['Url']}")


def _backfill(arguments: argparse.Namespace) -> None:
    counted, requested = _deployed(arguments).backfill().run()
    print(f"{counted} assets counted; thumbnails and facts of {requested} requested, which are ready in a while")


def _token(arguments: argparse.Namespace) -> None:
    if not arguments.sub:
        raise DeploymentError("A token needs an owner.", "make -s deployed-token SUB=alice")
    print(_deployed(arguments).token(arguments.sub, arguments.ttl))


def _secret(arguments: argparse.Namespace) -> None:
    print(_deployed(arguments).secrets()[0])


def _session() -> boto3.Session:
    # boto3 reads AWS_DEFAULT_REGION and the profile, but not AWS_REGION, which other SDKs read.
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def _deployed(arguments: argparse.Namespace) -> Deployed:
    session = _session()
    account_of(session)
    return Deployed.find(session, arguments.stack)


def welcome(url: str, stack: str, configuration: str) -> str:
    """Return first steps to copy and paste. They contain no token, because CI logs would keep it."""
    chosen = "" if configuration == "default" else f" CONFIG={shlex.quote(configuration)}"
    if stack != parameters.of_configuration(configuration)[0]:
        chosen += f" STACK={shlex.quote(stack)}"
    return f"""
  The page  {url}/
  The API   {url}/api/v2/

A token for the owner "me", valid for 24 hours (the page accepts it too), and a first upload:

  export ASSETS_TOKEN=$(make -s deployed-token SUB=me{chosen})
{first_upload(url)}

To check the whole deployment: make smoke URL={url}
"""


_COMMANDS = {"stack": _stack, "build": _build, "site": _site, "backfill": _backfill, "token": _token, "secret": _secret}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
