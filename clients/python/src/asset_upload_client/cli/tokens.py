"""`assets token`."""

import sys
import time
from typing import Annotated

import jwt
import typer

from asset_upload_client.cli import output
from asset_upload_client.cli.context import Json, usage_error


def token(
    owner: Annotated[str, typer.Argument(help="The owner: the token's `sub` claim.")],
    ttl: Annotated[int, typer.Option(min=1, help="Lifetime in seconds.")] = 3600,
    secret: Annotated[
        str | None,
        typer.Option(envvar="ASSETS_SECRET", help="The service's signing secret (HS256); `-` reads standard input."),
    ] = None,
    json: Json = False,
) -> None:
    """Sign a token for an owner. For operators, who hold the service's secret.

    Example: ASSETS_TOKEN=$(ASSETS_SECRET=… assets token alice) assets list
    """
    if secret == "-":  # noqa: S105 - the usual name of standard input
        secret = sys.stdin.readline().strip()
    if not secret:
        usage_error("No secret. Set ASSETS_SECRET to the deployment's JWT secret, or pipe it to --secret -")
    expires_at = int(time.time()) + ttl
    signed = jwt.encode({"sub": owner, "exp": expires_at}, secret, algorithm="HS256")
    if json:
        output.print_json({"token": signed, "sub": owner, "exp": expires_at})
    else:
        output.print_line(signed)
