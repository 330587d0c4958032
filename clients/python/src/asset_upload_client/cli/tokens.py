"""`assets token`."""

import sys
import time
from typing import Annotated

import jwt
import typer

from asset_upload_client.cli import output
from asset_upload_client.cli.context import usage_error


def token(
    owner: Annotated[str, typer.Argument(help="Whose assets it is for: the claim `sub`.")],
    ttl: Annotated[int, typer.Option(min=1, help="How long it is good for, in seconds.")] = 3600,
    secret: Annotated[
        str | None,
        typer.Option(
            envvar="ASSETS_SECRET", help="What the service's tokens are signed with (HS256); `-` reads standard input."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the token and its end as JSON.")] = False,
) -> None:
    """Sign a token for an owner, for those who run the service and hold its secret.

    Example: ASSETS_TOKEN=$(ASSETS_SECRET=… assets token alice) assets list
    """
    if secret == "-":  # noqa: S105 - the usual name of standard input
        secret = sys.stdin.readline().strip()
    if not secret:
        usage_error(
            "No secret. Set ASSETS_SECRET to what the service was deployed with (JwtSecrets), or pipe it: --secret -"
        )
    expires_at = int(time.time()) + ttl
    signed = jwt.encode({"sub": owner, "exp": expires_at}, secret, algorithm="HS256")
    if json:
        output.print_json({"token": signed, "sub": owner, "exp": expires_at})
    else:
        output.print_line(signed)
