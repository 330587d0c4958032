"""Settings: flags take precedence over the environment, which takes precedence over the configuration file."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

URL_VARIABLE = "ASSETS_URL"
TOKEN_VARIABLE = "ASSETS_TOKEN"  # noqa: S105 - a variable's name


class SettingsError(Exception):
    """A setting is missing or invalid; the message names it and says how to set it."""


@dataclass(frozen=True)
class Settings:
    url: str | None
    token: str | None = field(repr=False)

    @property
    def required_url(self) -> str:
        if not self.url:
            raise SettingsError(f"No service URL. Run `assets login`, set {URL_VARIABLE}, or pass --url")
        return self.url

    @property
    def required_token(self) -> str:
        if not self.token:
            raise SettingsError(f"No token. Run `assets login`, or set {TOKEN_VARIABLE}")
        return self.token


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file's path. The XDG specification requires that relative paths are ignored.

    Raises `SettingsError` if this user has no home folder.
    """
    base = Path(environment.get("XDG_CONFIG_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".config") / "assets" / "config.toml"
    except RuntimeError as error:
        raise SettingsError("This user has no home folder for the settings: set HOME or XDG_CONFIG_HOME") from error


def load(url: str | None, token: str | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Combine the flags `url` and `token` with the other sources; read the file only if a setting is still missing.

    Raises `SettingsError` for an unreadable file.
    """
    found = Settings(url or environment.get(URL_VARIABLE), token or environment.get(TOKEN_VARIABLE))
    if found.url and found.token:
        return found
    stored = _stored(config_path(environment))
    return Settings(found.url or stored.get("url"), found.token or stored.get("token"))


def kept(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the settings in the configuration file. Raises `SettingsError` for an unreadable file."""
    return _stored(config_path(environment))


def keep(values: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Path:
    """Replace the configuration file, readable only by its owner like its folder, and return its path.

    Raises `SettingsError` if it cannot be written.
    """
    path = config_path(environment)
    try:
        _write(path, values)
    except OSError as error:
        advice = f"Set {URL_VARIABLE} and {TOKEN_VARIABLE} instead"
        raise SettingsError(f"{path} cannot be written: {error.strerror}. {advice}") from error
    return path


def _write(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # JSON's escapes are among those of TOML's basic strings (TOML 1.0, "String").
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    try:
        with open(temporary, "x", opener=_private, encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _stored(path: Path) -> dict[str, str]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    for name in values:
        if name not in ("url", "token") or not isinstance(values[name], str):
            raise SettingsError(
                f"{path}: invalid setting {name} = {values[name]!r}; only url and token, both strings, are allowed"
            )
    return values
