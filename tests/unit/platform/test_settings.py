import subprocess
import sys
from pathlib import Path

import pytest

from asset_api import composition
from asset_api.platform.settings import Settings

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "ASSETS_TABLE": "assets",
    "REQUESTS_TABLE": "requests",
    "INCOMING_BUCKET": "incoming",
    "INCOMING_BUCKET_DOMAIN": "incoming.s3.eu-west-1.amazonaws.com",
    "ASSETS_BUCKET": "assets",
    "ASSET_ID_SALT": "salt",
    "ORIGIN_SECRET_HASHES": "0a,1b",
    "JWT_SECRETS": f"{'n' * 32},{'o' * 32}",
    "REMOVE_PERSONAL_METADATA": "true",
    "CDN_LIFETIME_SECONDS": "300",
}
LAYER = ROOT / "layers/core"
MODULES = sorted(
    ".".join(path.relative_to(LAYER).with_suffix("").parts)
    for path in (LAYER / "asset_api").rglob("*.py")
    if path.stem != "__init__"
)


def test_reads_what_the_template_sets() -> None:
    read = Settings.from_environment(ENVIRONMENT)
    assert read.region == "eu-west-1"
    assert read.jwt_secrets == ("n" * 32, "o" * 32)
    assert read.remove_personal_metadata
    assert read.cdn_lifetime_seconds == 300
    assert read.origin_secret_hashes == ("0a", "1b")
    assert (read.endpoint_url, read.jwt_jwks_url, read.jwt_issuer, read.distribution_id) == ("", "", "", "")


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.keys() - {"JWT_SECRETS", "ASSET_ID_SALT"}))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize(("text", "secrets"), [("", ()), ("a", ("a",)), ("a,b", ("a", "b")), ("a,", ("a",))])
def test_secrets_are_a_list_newest_first(text: str, secrets: tuple[str, ...]) -> None:
    assert Settings.from_environment(ENVIRONMENT | {"JWT_SECRETS": text}).jwt_secrets == secrets


def test_personal_metadata_is_kept_only_if_configured() -> None:
    assert not Settings.from_environment(ENVIRONMENT | {"REMOVE_PERSONAL_METADATA": "false"}).remove_personal_metadata


def test_importing_any_module_needs_no_environment() -> None:
    imports = "\n".join(f"import {name}" for name in MODULES)
    subprocess.run([sys.executable, "-c", imports], env={"PYTHONPATH": str(ROOT / "layers/core")}, check=True)


def test_the_clock_is_aware() -> None:
    assert composition.now().tzinfo is not None
