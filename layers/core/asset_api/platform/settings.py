"""The deployment's settings, from the environment that `template.yaml` sets."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, Self


class Settings(NamedTuple):
    """The functions' environment, with names and types.

    An empty string means that a feature is not configured, or that this function does not use it: each function gets
    only the secrets that it needs.
    """

    region: str
    endpoint_url: str
    assets_table: str
    requests_table: str
    incoming_bucket: str
    incoming_bucket_domain: str
    assets_bucket: str
    asset_id_salt: str
    origin_secret_hashes: tuple[str, ...]
    jwt_secrets: tuple[str, ...]
    jwt_jwks_url: str
    jwt_issuer: str
    jwt_audience: str
    remove_personal_metadata: bool
    cdn_lifetime_seconds: int
    distribution_id: str
    emits_metrics: bool = True
    # Only for functions whose responses have URLs of private assets. The first signs, all verify.
    url_signing_keys: tuple[str, ...] = ()
    # Only for functions that accept uploads or start jobs. 0: assets do not expire by default.
    default_expiry_seconds: int = 0
    max_upload_bytes: int = 50 * 1024 * 1024
    # 0: not limited.
    max_owner_bytes: int = 0
    max_owner_assets: int = 0
    uploads_per_minute: int = 10
    generations_per_minute: int = 10
    # Only for the functions that generate.
    replicate_api_token: str = ""
    replicate_webhook_secret: str = ""
    replicate_base_url: str = "https://api.replicate.com"
    replicate_output_origins: tuple[str, ...] = ("https://replicate.delivery",)
    allow_private_output: bool = False
    generated_max_bytes: int = 500 * 1024 * 1024
    job_deadline_seconds: int = 3600
    allowed_models: tuple[str, ...] = ("*",)
    max_jobs_in_flight: int = 10
    ingest_queue_url: str = ""
    # Only for `assemble`.
    large_files_queue_url: str = ""
    # Only for `dispatch`.
    public_url: str = ""
    unreadable_records_url: str = ""
    # For `dispatch` and `generate`.
    image_renditions_function: str = ""
    video_renditions_function: str = ""
    webhook_queue_urls: tuple[str, ...] = ()
    event_bus_name: str = ""
    # Only for `notify`.
    webhook_urls: tuple[str, ...] = ()
    webhook_secrets: tuple[str, ...] = ()
    allow_private_receivers: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings. Raises KeyError with the name of a missing variable."""
        return cls(
            region=environment["AWS_REGION"],
            # Set only on the emulator. botocore reads it too; the presigned POST's URL needs it.
            endpoint_url=environment.get("AWS_ENDPOINT_URL", ""),
            assets_table=environment["ASSETS_TABLE"],
            requests_table=environment["REQUESTS_TABLE"],
            incoming_bucket=environment["INCOMING_BUCKET"],
            incoming_bucket_domain=environment["INCOMING_BUCKET_DOMAIN"],
            assets_bucket=environment["ASSETS_BUCKET"],
            asset_id_salt=environment.get("ASSET_ID_SALT", ""),
            origin_secret_hashes=_listed(environment["ORIGIN_SECRET_HASHES"]),
            jwt_secrets=tuple(filter(None, environment.get("JWT_SECRETS", "").split(","))),
            jwt_jwks_url=environment.get("JWT_JWKS_URL", ""),
            jwt_issuer=environment.get("JWT_ISSUER", ""),
            jwt_audience=environment.get("JWT_AUDIENCE", ""),
            remove_personal_metadata=environment["REMOVE_PERSONAL_METADATA"] == "true",
            cdn_lifetime_seconds=int(environment["CDN_LIFETIME_SECONDS"]),
            distribution_id=environment.get("DISTRIBUTION_ID", ""),
            emits_metrics=environment.get("METRICS", "true") == "true",
            **_optional_settings(environment),
        )


def _optional_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read settings that only some functions have; the others keep the defaults."""
    read: dict[str, tuple[str, Callable[[str], object]]] = {
        "url_signing_keys": ("URL_SIGNING_KEYS", _listed),
        "default_expiry_seconds": ("DEFAULT_EXPIRY_SECONDS", int),
        "max_upload_bytes": ("MAX_UPLOAD_BYTES", int),
        "max_owner_bytes": ("MAX_OWNER_BYTES", int),
        "max_owner_assets": ("MAX_OWNER_ASSETS", int),
        "uploads_per_minute": ("UPLOADS_PER_MINUTE", int),
        "generations_per_minute": ("GENERATIONS_PER_MINUTE", int),
        "replicate_api_token": ("REPLICATE_API_TOKEN", str),
        "replicate_webhook_secret": ("REPLICATE_WEBHOOK_SECRET", str),
        "replicate_base_url": ("REPLICATE_BASE_URL", lambda url: url.rstrip("/")),
        "replicate_output_origins": ("REPLICATE_OUTPUT_ORIGINS", _listed),
        "allow_private_output": ("ALLOW_PRIVATE_OUTPUT", lambda text: text == "true"),
        "generated_max_bytes": ("GENERATED_MAX_BYTES", int),
        "job_deadline_seconds": ("JOB_DEADLINE_SECONDS", int),
        "allowed_models": ("ALLOWED_MODELS", _listed),
        "max_jobs_in_flight": ("MAX_JOBS_IN_FLIGHT", int),
        "ingest_queue_url": ("INGEST_QUEUE_URL", str),
        "large_files_queue_url": ("LARGE_FILES_QUEUE_URL", str),
        "public_url": ("PUBLIC_URL", lambda url: url.rstrip("/")),
        "unreadable_records_url": ("UNREADABLE_RECORDS_URL", str),
        "image_renditions_function": ("IMAGE_RENDITIONS_FUNCTION", str),
        "video_renditions_function": ("VIDEO_RENDITIONS_FUNCTION", str),
        "webhook_queue_urls": ("WEBHOOK_QUEUE_URLS", _listed),
        "event_bus_name": ("EVENT_BUS_NAME", str),
        "webhook_urls": ("WEBHOOK_URLS", _listed),
        "webhook_secrets": ("WEBHOOK_SECRETS", _listed),
        "allow_private_receivers": ("ALLOW_PRIVATE_RECEIVERS", lambda text: text == "true"),
    }
    return {field: convert(environment[name]) for field, (name, convert) in read.items() if environment.get(name)}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


@cache
def current() -> Settings:
    """Return the settings of this process, read once."""
    return Settings.from_environment(os.environ)
