"""Environment variables of the local stack and its children, without anything of the user's AWS account."""

from collections.abc import Mapping

from local.root_key import RootKey

REGION = "us-east-1"


def isolated(inherited: Mapping[str, str]) -> dict[str, str]:
    """Remove from `inherited` whatever could lead a call to a real account, or load other libraries.

    Profiles, regions and endpoints from the user's shell or `~/.aws` would otherwise reach boto3, SAM and, through the
    emulator, the functions.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(("AWS_", "PYTHON", "SAM_CLI_", "LAYER_PYTHON"))
    }
    no_proxy = ",".join(
        filter(None, ("127.0.0.1,localhost,::1", inherited.get("NO_PROXY") or inherited.get("no_proxy")))
    )
    return kept | {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "PYTHONUNBUFFERED": "1",
    }


def for_aws_calls(isolated_environment: Mapping[str, str], endpoint_url: str, key: RootKey) -> dict[str, str]:
    """Add the variables by which a child such as SAM calls the emulator at `endpoint_url` as the root user."""
    return {
        **isolated_environment,
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
    }
