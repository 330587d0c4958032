"""Shared by all commands: a client made from the settings, and errors mapped to exit codes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import typer

from asset_upload_client.addresses import api_root
from asset_upload_client.async_client import AsyncAssetClient
from asset_upload_client.cli import exit_codes, output, settings
from asset_upload_client.client import AssetClient
from asset_upload_client.errors import AssetError


@dataclass(frozen=True)
class Context:
    """Options given before the command."""

    url: str | None
    token: str | None = field(repr=False)

    def client(self, *, needs_token: bool = True) -> AssetClient:
        return AssetClient(*self._address(needs_token=needs_token))

    def async_client(self) -> AsyncAssetClient:
        return AsyncAssetClient(*self._address(needs_token=True))

    def _address(self, *, needs_token: bool) -> tuple[str, str | None]:
        try:
            found = settings.load(self.url, self.token)
            url, token = found.required_url, found.required_token if needs_token else found.token
            api_root(url)
        except (settings.SettingsError, ValueError) as error:
            usage_error(str(error))
        return url, token


def usage_error(words: str) -> NoReturn:
    output.complain(words)
    raise typer.Exit(exit_codes.USAGE)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Print errors to standard error and exit with their code."""
    try:
        yield
    except AssetError as error:
        output.complain(str(error))
        if error.request_id:
            output.say(f"Request id: {error.request_id}")
        raise typer.Exit(exit_codes.of_error(error)) from error
