"""Helpers of all commands: a client made from the settings, and errors mapped to exit codes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, NoReturn

import typer

from asset_upload_client.addresses import api_root
from asset_upload_client.async_client import AsyncAssetClient
from asset_upload_client.cli import exit_codes, output, settings
from asset_upload_client.client import AssetClient
from asset_upload_client.credentials import Credentials
from asset_upload_client.errors import AssetError, InvalidArgument
from asset_upload_client.steps import OnWait


@dataclass(frozen=True)
class Context:
    """Options given before the command."""

    url: str | None
    token: str | None = field(repr=False)

    def client(self, *, needs_token: bool = True) -> AssetClient:
        return AssetClient(*self._address(needs_token=needs_token), on_wait=output.say_wait)

    def async_client(self, on_wait: OnWait) -> AsyncAssetClient:
        return AsyncAssetClient(*self._address(needs_token=True), on_wait=on_wait)

    def _address(self, *, needs_token: bool) -> tuple[str, str | None]:
        try:
            with requiring_settings():
                found = settings.load(self.url, self.token)
                url, token = found.required_url, found.required_token if needs_token else found.token
            api_root(url)
            Credentials(token)
        except InvalidArgument as error:
            usage_error(str(error))
        return url, token


Json = Annotated[
    bool,
    typer.Option("--json", callback=output.set_json, is_eager=True, help="Print JSON, also for errors."),
]


def usage_error(message: str) -> NoReturn:
    output.print_error(message)
    if output.as_json():
        output.print_json({"success": False, "error": message, "type": "UsageError"})
    raise typer.Exit(exit_codes.USAGE)


@contextlib.contextmanager
def requiring_settings() -> Iterator[None]:
    """Report settings that cannot be read or written, and exit."""
    try:
        yield
    except settings.SettingsError as error:
        usage_error(str(error))


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Print errors to standard error, with --json also to standard output, and exit with their code."""
    try:
        yield
    except AssetError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            # `assets get -o - | head`: nobody reads standard output any more.
            raise error.__cause__ from None
        if output.as_json():
            output.print_json(error_fields(error))
        output.print_error(str(error))
        if error.request_id:
            output.say(f"Request id: {error.request_id}")
        raise typer.Exit(exit_codes.of_error(error)) from error


def named(label: str, error: AssetError) -> str:
    """Return an error's message, prefixed with `label` unless it contains it."""
    return str(error) if label in str(error) else f"{label}: {error}"


def error_fields(error: AssetError) -> dict[str, Any]:
    """Return the known fields of an error as JSON."""
    known = {"status": error.status, "request_id": error.request_id, "retry_after": error.retry_after}
    return {
        "success": False,
        "error": str(error),
        "type": type(error).__name__,
        **{name: value for name, value in known.items() if value is not None},
    }
