"""This process's collaborators, each made from the settings once, when it is first needed.

Imports at the top are those that every function has anyway; the rest are imported where they are used, so that no
function pays for what it does not use.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from asset_api.assets.catalog import Catalog
from asset_api.platform import aws, settings
from asset_api.platform.principals import KeySource, SharedSecrets, Verifier

if TYPE_CHECKING:
    from asset_api.assets.admissions import Admissions, Operation
    from asset_api.assets.listing import AssetPages
    from asset_api.assets.usage import Quota, Usages
    from asset_api.erasures.erasing import Erasing
    from asset_api.erasures.erasures import Erasures
    from asset_api.events.dispatcher import Destination, Dispatcher
    from asset_api.events.webhook_queues import WebhookDeliveries
    from asset_api.generation.due_generations import DueGenerations
    from asset_api.generation.generations import Generations
    from asset_api.generation.ingestion import Ingestion
    from asset_api.generation.prediction_orders import PredictionOrders
    from asset_api.generation.replicate import Replicate
    from asset_api.generation.webhook_signatures import WebhookVerifier
    from asset_api.imports.import_ingestion import ImportIngestion
    from asset_api.imports.imports import Imports
    from asset_api.jobs.ingest_queue import IngestQueue
    from asset_api.jobs.job_listing import JobPages
    from asset_api.jobs.job_outputs import JobOutputs
    from asset_api.jobs.jobs import Jobs
    from asset_api.jobs.reconciliation import Advance, Reconciliation
    from asset_api.publishing.arrival_events import ArrivalEvents
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.changing import Changer
    from asset_api.publishing.deletion import Deleter
    from asset_api.publishing.incoming_bucket import IncomingBucket
    from asset_api.publishing.publisher import Publisher
    from asset_api.publishing.purging import Invalidator
    from asset_api.publishing.upkeep import Upkeep
    from asset_api.renditions.abandoned import AbandonedRenditions
    from asset_api.renditions.facts import AssetFacts
    from asset_api.renditions.leases import Leases
    from asset_api.renditions.new_images import NewImages
    from asset_api.renditions.renditions import Make, Renditions
    from asset_api.uploads.direct import Uploads
    from asset_api.uploads.forms import FormIssuer

_Made = TypeVar("_Made")
_forget: list[Callable[[], None]] = []


def _once(make: Callable[[], _Made]) -> Callable[[], _Made]:
    made = cache(make)
    _forget.append(made.cache_clear)
    return made


def reset() -> None:
    """Forget every collaborator: the next use makes it from the settings of that time. AWS clients are kept."""
    for forget in _forget:
        forget()


def now() -> datetime:
    """The current time: aware, UTC."""
    return datetime.now(UTC)


@_once
def verifier() -> Verifier:
    """Raises ValueError if the deployment has configured no way to verify a token, or a secret that is too short."""
    current = settings.current()
    return Verifier(_key_source(current), issuer=current.jwt_issuer, audience=current.jwt_audience)


def _key_source(current: settings.Settings) -> KeySource:
    if current.jwt_jwks_url:
        # Needs cryptography, which only the JWKS layer brings.
        from asset_api.platform.jwks import JwksKeys

        return JwksKeys(current.jwt_jwks_url, time.monotonic)
    if not current.jwt_secrets:
        raise ValueError("neither JWT_SECRETS nor JWT_JWKS_URL is set")
    return SharedSecrets(current.jwt_secrets)


@_once
def catalog() -> Catalog:
    return Catalog(aws.dynamodb(), settings.current().assets_table, now, quota=_quota())


def _quota() -> "Quota | None":
    current = settings.current()
    if not current.max_owner_assets and not current.max_owner_bytes:
        return None
    from asset_api.assets.usage import Quota

    return Quota(current.max_owner_assets or None, current.max_owner_bytes or None)


@_once
def usages() -> "Usages":
    from asset_api.assets.usage import NO_QUOTA, Usages

    return Usages(aws.dynamodb(), settings.current().assets_table, _quota() or NO_QUOTA)


@_once
def asset_pages() -> "AssetPages":
    from asset_api.assets.listing import AssetPages

    return AssetPages(aws.dynamodb(), settings.current().assets_table, now)


@_once
def incoming_bucket() -> "IncomingBucket":
    from asset_api.publishing.incoming_bucket import IncomingBucket

    return IncomingBucket(aws.s3(), settings.current().incoming_bucket)


@_once
def assets_bucket() -> "AssetsBucket":
    from asset_api.publishing.assets_bucket import AssetsBucket

    current = settings.current()
    return AssetsBucket(aws.s3(), current.assets_bucket, current.cdn_lifetime_seconds)


@_once
def publisher() -> "Publisher":
    from asset_api.assets.refusals import Refusals
    from asset_api.publishing.publisher import Publisher

    return Publisher(
        incoming_bucket(),
        assets_bucket(),
        catalog(),
        removes_personal_metadata=settings.current().remove_personal_metadata,
        refusals=Refusals(aws.dynamodb(), settings.current().assets_table, now),
    )


@_once
def arrival_events() -> "ArrivalEvents":
    from asset_api.publishing.arrival_events import ArrivalEvents

    return ArrivalEvents(publisher(), now)


@_once
def deleter() -> "Deleter":
    from asset_api.publishing.deletion import Deleter

    return Deleter(catalog(), incoming_bucket(), assets_bucket(), settings.current().asset_id_salt)


@_once
def changer() -> "Changer":
    from asset_api.publishing.changing import Changer

    return Changer(catalog(), assets_bucket(), now)


@_once
def upkeep() -> "Upkeep":
    from asset_api.publishing.upkeep import Upkeep

    return Upkeep(aws.dynamodb(), settings.current().assets_table, catalog(), changer(), now)


@_once
def invalidator() -> "Invalidator":
    from asset_api.publishing.purging import Invalidator

    return Invalidator(aws.cloudfront(), settings.current().distribution_id)


@_once
def _rendition_leases() -> "Leases":
    from asset_api.renditions.leases import Leases

    return Leases(aws.dynamodb(), settings.current().assets_table, now)


def _renditions(make: "Make") -> "Renditions":
    from asset_api.renditions.renditions import Renditions
    from asset_api.renditions.stored_renditions import StoredRenditions

    return Renditions(assets_bucket(), StoredRenditions(assets_bucket()), _rendition_leases(), make)


@_once
def abandoned_renditions() -> "AbandonedRenditions":
    from asset_api.renditions.abandoned import AbandonedRenditions
    from asset_api.renditions.stored_renditions import StoredRenditions

    return AbandonedRenditions(assets_bucket(), StoredRenditions(assets_bucket()), _rendition_leases())


@_once
def image_renditions() -> "Renditions":
    """Needs libvips, which only the images layer brings."""
    from asset_api.renditions.images import ImageMaker

    return _renditions(ImageMaker(assets_bucket()))


@_once
def frame_renditions() -> "Renditions":
    """Needs FFmpeg, which only the video layer brings, and libvips."""
    from asset_api.renditions.frames import FrameMaker

    return _renditions(FrameMaker(assets_bucket()))


@_once
def asset_facts() -> "AssetFacts":
    from asset_api.renditions.facts import AssetFacts

    return AssetFacts(aws.dynamodb(), settings.current().assets_table)


@_once
def new_images() -> "NewImages":
    """Needs libvips, too."""
    from asset_api.renditions.new_images import NewImages

    return NewImages(image_renditions(), asset_facts())


@_once
def new_videos() -> "NewImages":
    """Needs FFmpeg and libvips, too."""
    from asset_api.assets.rendition_names import POSTER
    from asset_api.renditions.new_images import NewImages

    return NewImages(frame_renditions(), asset_facts(), (POSTER,))


def _admissions(operation: "Operation") -> "Admissions":
    from asset_api.assets.admissions import Admissions
    from asset_api.platform.idempotency import IdempotencyKeys
    from asset_api.platform.rate_limits import UPLOADS, RateLimiter

    current = settings.current()
    admissions = current.uploads_per_minute if operation.limit is UPLOADS else current.generations_per_minute
    return Admissions(
        operation=operation,
        limiter=RateLimiter(operation.limit, admissions, aws.dynamodb(), current.requests_table, now),
        idempotency_keys=IdempotencyKeys(aws.dynamodb(), current.requests_table, now),
        asset_id_salt=current.asset_id_salt,
        clock=now,
        default_expiry_seconds=current.default_expiry_seconds or None,
        usages=usages() if _quota() else None,
    )


@_once
def upload_admissions() -> "Admissions":
    from asset_api.assets.admissions import UPLOAD

    return _admissions(UPLOAD)


@_once
def form_issuer() -> "FormIssuer":
    from asset_api.uploads.form_signing import FormSigner
    from asset_api.uploads.forms import FormIssuer

    current = settings.current()
    signer = FormSigner(
        current.incoming_bucket,
        current.incoming_bucket_domain,
        current.region,
        current.endpoint_url,
        aws.credentials,
    )
    return FormIssuer(upload_admissions(), signer)


@_once
def uploads() -> "Uploads":
    from asset_api.uploads.direct import Uploads

    return Uploads(upload_admissions(), incoming_bucket(), publisher())


@_once
def jobs() -> "Jobs":
    from asset_api.jobs.jobs import Jobs

    return Jobs(aws.dynamodb(), settings.current().assets_table, now)


@_once
def job_pages() -> "JobPages":
    from asset_api.jobs.job_listing import JobPages

    return JobPages(aws.dynamodb(), settings.current().assets_table, now)


@_once
def replicate() -> "Replicate":
    from asset_api.generation.replicate import Replicate

    current = settings.current()
    return Replicate(current.replicate_api_token, current.replicate_base_url)


@_once
def prediction_orders() -> "PredictionOrders":
    from asset_api.generation.prediction_orders import PredictionOrders

    return PredictionOrders(jobs(), replicate())


@_once
def generations() -> "Generations":
    from asset_api.assets.admissions import GENERATE
    from asset_api.generation.generations import Generations
    from asset_api.generation.input_renditions import InputRenditions

    current = settings.current()
    return Generations(
        admissions=_admissions(GENERATE),
        jobs=jobs(),
        orders=prediction_orders(),
        assets=assets_bucket(),
        renditions=InputRenditions(
            catalog(),
            aws.functions_that_answer,
            {"image": current.image_renditions_function, "video": current.video_renditions_function},
        ),
        deadline_seconds=current.job_deadline_seconds,
        allowed_models=current.allowed_models,
        max_jobs_in_flight=current.max_jobs_in_flight,
    )


@_once
def webhook_verifier() -> "WebhookVerifier":
    from asset_api.generation.webhook_signatures import WebhookVerifier

    return WebhookVerifier(settings.current().replicate_webhook_secret, now)


@_once
def ingest_queue() -> "IngestQueue":
    from asset_api.jobs.ingest_queue import IngestQueue

    return IngestQueue(aws.sqs(), settings.current().ingest_queue_url)


def _job_outputs(*, max_bytes: int, removes_personal_metadata: bool) -> "JobOutputs":
    from asset_api.jobs.job_outputs import JobOutputs
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import GENERATED_PREFIX, IncomingBucket
    from asset_api.publishing.publisher import Publisher

    current = settings.current()
    s3 = aws.s3_for_large_files()
    incoming = IncomingBucket(s3, current.incoming_bucket, GENERATED_PREFIX)
    publisher = Publisher(
        incoming,
        AssetsBucket(s3, current.assets_bucket, current.cdn_lifetime_seconds),
        catalog(),
        removes_personal_metadata=removes_personal_metadata,
        max_bytes=max_bytes,
    )
    return JobOutputs(jobs(), incoming, publisher)


@_once
def ingestion() -> "Ingestion":
    from asset_api.generation.ingestion import Ingestion
    from asset_api.generation.provider_hosts import ProviderHosts
    from asset_api.jobs.downloads import Downloader

    current = settings.current()
    return Ingestion(
        # Published as the model made it, including the marking that a model made it.
        outputs=_job_outputs(max_bytes=current.generated_max_bytes, removes_personal_metadata=False),
        provider=replicate(),
        downloader=Downloader(ProviderHosts(current.replicate_output_origins, current.allow_private_output)),
    )


@_once
def imports() -> "Imports":
    from asset_api.assets.admissions import IMPORT
    from asset_api.imports.imports import Imports
    from asset_api.imports.public_hosts import PublicHosts

    current = settings.current()
    return Imports(
        admissions=_admissions(IMPORT),
        jobs=jobs(),
        queue=ingest_queue(),
        hosts=PublicHosts(current.allow_private_output),
        max_jobs_in_flight=current.max_jobs_in_flight,
    )


@_once
def import_ingestion() -> "ImportIngestion":
    from asset_api.imports.import_ingestion import ImportIngestion
    from asset_api.imports.public_hosts import PublicHosts
    from asset_api.jobs.downloads import Downloader
    from asset_api.media import file_types

    current = settings.current()
    return ImportIngestion(
        outputs=_job_outputs(
            max_bytes=file_types.MAX_BYTES, removes_personal_metadata=current.remove_personal_metadata
        ),
        downloader=Downloader(PublicHosts(current.allow_private_output)),
    )


@_once
def erasures() -> "Erasures":
    from asset_api.erasures.erasures import Erasures

    return Erasures(jobs(), ingest_queue(), settings.current().asset_id_salt, now)


@_once
def erasing() -> "Erasing":
    from asset_api.erasures.erasing import Erasing
    from asset_api.erasures.owner_items import OwnerItems
    from asset_api.publishing.incoming_bucket import GENERATED_PREFIX, IncomingBucket

    current = settings.current()
    return Erasing(
        jobs=jobs(),
        queue=ingest_queue(),
        items=OwnerItems(aws.dynamodb(), current.assets_table, current.requests_table),
        usages=usages(),
        catalog=catalog(),
        arrivals=(incoming_bucket(), IncomingBucket(aws.s3(), current.incoming_bucket, GENERATED_PREFIX)),
        bucket=assets_bucket(),
        provider=replicate(),
        asset_id_salt=current.asset_id_salt,
        clock=now,
    )


def _due_jobs(late: str) -> "Advance":
    from asset_api.jobs.due_jobs import DueJobs

    return DueJobs(jobs(), ingest_queue(), late).advance


@_once
def due_generations() -> "DueGenerations":
    from asset_api.generation.due_generations import DueGenerations

    return DueGenerations(jobs=jobs(), orders=prediction_orders(), queue=ingest_queue())


@_once
def reconciliation() -> "Reconciliation":
    from asset_api.jobs.reconciliation import Reconciliation

    return Reconciliation(
        jobs(),
        {
            "generation": lambda: due_generations().advance,
            "import": lambda: _due_jobs("The file could not be imported in time"),
            "erasure": lambda: _due_jobs("The owner could not be erased in time"),
        },
    )


@_once
def dispatcher() -> "Dispatcher":
    from asset_api.events.dispatcher import Dispatcher, UnreadableRecords
    from asset_api.events.rendition_requests import RenditionRequests

    current = settings.current()
    return Dispatcher(
        destinations=_destinations(current),
        renditions=RenditionRequests(
            aws.functions(), {"image": current.image_renditions_function, "video": current.video_renditions_function}
        ),
        unreadable=UnreadableRecords(aws.sqs(), current.unreadable_records_url),
        base_url=current.public_url,
    )


def _destinations(current: settings.Settings) -> "list[Destination]":
    """Every receiver's queue and the bus, as far as the deployment has them."""
    from asset_api.events.event_bus import EventBus
    from asset_api.events.webhook_queues import WebhookQueue

    queues = [WebhookQueue(aws.sqs(), url, number) for number, url in enumerate(current.webhook_queue_urls, start=1)]
    return [*queues, EventBus(aws.eventbridge(), current.event_bus_name)] if current.event_bus_name else [*queues]


@_once
def webhook_deliveries() -> "WebhookDeliveries":
    from asset_api.events.webhook_queues import WebhookDeliveries
    from asset_api.events.webhook_requests import WebhookSender

    current = settings.current()
    sender = WebhookSender(current.webhook_secrets, current.allow_private_receivers, now)
    return WebhookDeliveries(aws.sqs(), current.webhook_urls, sender, now)
