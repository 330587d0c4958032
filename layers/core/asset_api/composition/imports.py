"""Imports of files from URLs."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets, jobs
from asset_api.platform import settings

if TYPE_CHECKING:
    from asset_api.imports.import_ingestion import ImportIngestion
    from asset_api.imports.imports import Imports


@composition.once
def imports() -> "Imports":
    from asset_api.assets.admissions import IMPORT
    from asset_api.imports.imports import Imports
    from asset_api.imports.public_hosts import PublicHosts

    current = settings.current()
    return Imports(
        admissions=assets.admissions(IMPORT),
        jobs=jobs.jobs(),
        queue=jobs.ingest_queue(),
        hosts=PublicHosts(current.allow_private_output),
        max_jobs_in_flight=current.max_jobs_in_flight,
        is_signed=assets.is_signed,
    )


@composition.once
def import_ingestion() -> "ImportIngestion":
    from asset_api.imports.import_ingestion import ImportIngestion
    from asset_api.imports.public_hosts import PublicHosts
    from asset_api.jobs.downloads import Downloader

    current = settings.current()
    return ImportIngestion(
        outputs=jobs.job_outputs(
            max_bytes=current.max_upload_bytes, removes_personal_metadata=current.remove_personal_metadata
        ),
        downloader=Downloader(PublicHosts(current.allow_private_output)),
    )
