"""Videos by Replicate's models."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets, jobs, publishing
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.generation.due_generations import DueGenerations
    from asset_api.generation.generations import Generations
    from asset_api.generation.ingestion import Ingestion
    from asset_api.generation.prediction_orders import PredictionOrders
    from asset_api.generation.replicate import Replicate
    from asset_api.generation.webhook_signatures import WebhookVerifier


@composition.once
def replicate() -> "Replicate":
    from asset_api.generation.replicate import Replicate

    current = settings.current()
    return Replicate(current.replicate_api_token, current.replicate_base_url)


@composition.once
def prediction_orders() -> "PredictionOrders":
    from asset_api.generation.prediction_orders import PredictionOrders

    return PredictionOrders(jobs.jobs(), replicate())


@composition.once
def generations() -> "Generations":
    from asset_api.assets.admissions import GENERATE
    from asset_api.generation.generations import Generations
    from asset_api.generation.input_renditions import InputRenditions

    current = settings.current()
    return Generations(
        admissions=assets.admissions(GENERATE),
        jobs=jobs.jobs(),
        orders=prediction_orders(),
        assets=publishing.assets_bucket(),
        renditions=InputRenditions(
            assets.catalog(),
            aws.lambda_client_for_synchronous_calls,
            {"image": current.image_renditions_function, "video": current.video_renditions_function},
            lambda path, expires: assets.url_signer().sign(path, expires),
        ),
        is_signed=assets.is_signed,
        deadline_seconds=current.job_deadline_seconds,
        allowed_models=current.allowed_models,
        max_jobs_in_flight=current.max_jobs_in_flight,
    )


@composition.once
def webhook_verifier() -> "WebhookVerifier":
    from asset_api.generation.webhook_signatures import WebhookVerifier

    return WebhookVerifier(settings.current().replicate_webhook_secret, composition.now)


@composition.once
def ingestion() -> "Ingestion":
    from asset_api.generation.ingestion import Ingestion
    from asset_api.generation.provider_hosts import ProviderHosts
    from asset_api.jobs.downloads import Downloader

    current = settings.current()
    return Ingestion(
        # Published unchanged, including the manifest that marks it as generated.
        outputs=jobs.job_outputs(max_bytes=current.generated_max_bytes, removes_personal_metadata=False),
        provider=replicate(),
        downloader=Downloader(ProviderHosts(current.replicate_output_origins, current.allow_private_output)),
    )


@composition.once
def due_generations() -> "DueGenerations":
    from asset_api.generation.due_generations import DueGenerations

    return DueGenerations(jobs=jobs.jobs(), orders=prediction_orders(), queue=jobs.ingest_queue())
