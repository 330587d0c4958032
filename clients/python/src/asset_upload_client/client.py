"""The blocking client."""

import sys
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, cast, overload

import httpx

from asset_upload_client import downloads, jobs, operations, parts, response_types, uploads
from asset_upload_client.addresses import api_root
from asset_upload_client.credentials import Credentials, TokenProvider
from asset_upload_client.driver import Driver
from asset_upload_client.errors import InvalidArgument
from asset_upload_client.exchanges import Api
from asset_upload_client.operations import AssetChanges, Filters
from asset_upload_client.options import AssetOptions
from asset_upload_client.pages import AssetPage, JobPage
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.sources import Source
from asset_upload_client.steps import OnProgress, OnWait
from asset_upload_client.uploads import NamedFile, OnFileProgress, OnOutcome, UploadOutcome

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class AssetClient:
    """Upload, list, download, delete and generate assets as the owner named by `token`.

    Thread-safe. `base_url` is the service's address, such as `https://assets.example.com`. Every failure is an
    `AssetError`.
    """

    def __init__(
        self,
        base_url: str,
        token: str | TokenProvider | None = None,
        *,
        timeout: float = 60.0,
        retries: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        """`token` is a token, or a function that returns one, called first and again after each 401.

        `timeout` in seconds applies to each connect, read and write. Your own `http_client` has its own timeouts and is
        not closed. `on_wait(wait)` is called before each pause, for the rate limit or before another attempt.
        """
        if http_client and transport:
            raise InvalidArgument("Pass `transport` or `http_client`, not both")
        self._api = Api(api_root(base_url), Credentials(token), retries or RetryPolicy())
        self._owns_http = http_client is None
        self._driver = Driver(http_client or httpx.Client(timeout=timeout, transport=transport), on_wait)

    def __enter__(self) -> "AssetClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, but not those of an `http_client` that was passed."""
        if self._owns_http:
            self._driver.http.close()

    @property
    def token(self) -> str | TokenProvider | None:
        """The token, or its provider. Setting it changes the requests from then on."""
        return cast(str | TokenProvider | None, self._api.credentials.given)

    @token.setter
    def token(self, token: str | TokenProvider | None) -> None:
        self._api.credentials = Credentials(token)

    def upload(
        self,
        file: Source,
        *,
        filename: str | None = None,
        size: int | None = None,
        idempotency_key: str | None = None,
        on_progress: OnProgress | None = None,
        resume: bool = True,
        **asset_options: Unpack[AssetOptions],
    ) -> response_types.AssetUploadResponse:
        """Upload a file under its own name or `filename`. The asset is published when this returns.

        `file` is a path, bytes, a binary file, or an iterator of bytes; a source without a name
        needs a `filename`. `size`, if given, is checked. Iterators are stored in a temporary file first, for retries.
        `on_progress(sent, total)` receives byte counts. Within 24 hours, the same `idempotency_key` and file give the
        same asset. Without a key, each call creates one asset, however many attempts it takes.

        A file of more than 50 MB, if the deployment allows it, is sent in parallel parts. After an interruption,
        `upload` of the same path, or with the same key, sends only the missing parts, unless `resume` is False.
        """
        steps = uploads.upload(
            self._api,
            file,
            filename=filename,
            size=size,
            idempotency_key=idempotency_key,
            on_progress=on_progress,
            asset_options=asset_options,
            resume=resume,
        )
        return self._driver.run(steps)

    def abort_upload(
        self, file: str | PathLike[str], *, filename: str | None = None, **asset_options: Unpack[AssetOptions]
    ) -> bool:
        """Abort the interrupted upload that `upload` would resume if it were called with the same arguments.

        Its parts are removed, and the file is never published. Returns False if there is none. Raises `Conflict` if the
        file has been published in the meantime.
        """
        steps = parts.abort(self._api, file, filename=filename, asset_options=asset_options)
        return self._driver.run(steps)

    def upload_many(
        self,
        files: Iterable[Source | NamedFile],
        *,
        concurrency: int = 4,
        on_progress: OnFileProgress | None = None,
        on_outcome: OnOutcome | None = None,
        **asset_options: Unpack[AssetOptions],
    ) -> list[UploadOutcome]:
        """Upload files, `concurrency` at a time and at most ten a minute; return one outcome per file, in order.

        Each file is anything that `upload` accepts; `NamedFile(source, filename)` names a source without a name. A
        failed file does not stop the others. `on_progress(path, sent, total)`, in bytes, and `on_outcome(outcome)` are
        called from worker threads.
        """

        def one(driver: Driver, file: NamedFile) -> UploadOutcome:
            source = cast(Source, file.source)
            outcome = driver.run(uploads.one_of_many(self._api, file, source, on_progress, asset_options))
            if on_outcome:
                on_outcome(outcome)
            return outcome

        return self._driver.all(one, uploads.batch(files), concurrency)

    def list_assets(
        self,
        limit: int = 50,
        offset: int | None = 0,
        *,
        cursor: str | None = None,
        **filters: Unpack[Filters],
    ) -> AssetPage:
        """Return a page of assets, newest first: `limit` (1 to 100) from `offset`, or after a page's `cursor`.

        The filters `file_type`, `tag` and `q` (a part of the name) combine. A filtered page may be short and still have
        a `next_cursor`.
        """
        steps = operations.list_assets(
            self._api, limit=limit, offset=None if cursor else offset, cursor=cursor, filters=filters
        )
        response = self._driver.run(steps)
        return AssetPage(response, cursor, lambda cursor: self.list_assets(limit, cursor=cursor, **filters))

    def assets(self, **filters: Unpack[Filters]) -> Iterator[response_types.Asset]:
        """Iterate over all assets, newest first, one page at a time."""
        page: AssetPage | None = self.list_assets(100, None, **filters)
        while page:
            yield from page
            page = page.next()

    def get(self, asset: str) -> response_types.Asset:
        """Return one asset, by id or URL."""
        return self._driver.run(operations.get_asset(self._api, asset))

    def delete(self, asset: str) -> response_types.DeleteResponse:
        """Delete an asset, by id or URL, permanently."""
        return self._driver.run(operations.delete_asset(self._api, asset))

    def delete_many(self, assets: Iterable[str]) -> response_types.DeleteManyResponse:
        """Delete any number of assets, by ids or URLs, permanently, a hundred per request."""
        return self._driver.run(operations.delete_assets(self._api, assets))

    def update(self, asset: str, **changes: Unpack[AssetChanges]) -> response_types.Asset:
        """Change an asset's `filename`, `tags`, `expires_in` (seconds from now, None for never) or `visibility`."""
        return self._driver.run(operations.update_asset(self._api, asset, changes))

    def rendition_url(self, asset: str, rendition: str) -> str:
        """Return the URL of an asset's rendition: `w640.webp`, `frame-last.png`, `frame-first-w320.webp` and so on."""
        return self._api.rendition_url(asset, rendition)

    def signed_url(self, asset: str, *, expires_in: int = 3600, rendition: str | None = None) -> str:
        """Return a URL of a private asset or its `rendition` that works for `expires_in` seconds (60 to 604,800)."""
        steps = operations.signed_url(self._api, asset, expires_in=expires_in, rendition=rendition)
        response = self._driver.run(steps)
        return response["url"]

    def usage(self) -> response_types.Usage:
        """Return the number of the owner's assets, their bytes, and the deployment's limits."""
        return self._driver.run(operations.usage(self._api))

    def erase_owner(self) -> response_types.EraseResponse:
        """Erase everything that the owner has, permanently. `wait_for_job` returns when it is done."""
        return self._driver.run(jobs.erase_owner(self._api))

    @overload
    def download(
        self,
        asset: str,
        destination: IO[bytes],
        *,
        on_progress: OnProgress | None = None,
    ) -> int: ...

    @overload
    def download(
        self,
        asset: str,
        destination: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path: ...

    def download(
        self,
        asset: str,
        destination: str | PathLike[str] | IO[bytes] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path | int:
        """Download an asset, by id or URL, to a file or into a folder under its own name; return the file's path.

        A `destination` that ends with a slash is a folder, which is created if it is missing.
        Resumes after a dropped connection. Existing files stay as they are unless `overwrite` is set: in a folder the
        new file is numbered, and a `destination` that exists raises `FileExists`. Names are made safe: no folders,
        leading dots or control characters, and always an extension of the file's type. If `destination` is an open
        binary file, bytes are written as they arrive, and their number is returned. Checksums are verified for your
        own assets.
        """
        if isinstance(destination, str | PathLike):
            return self._driver.run(downloads.download(self._api, asset, destination, on_progress, overwrite=overwrite))
        return self._driver.run(downloads.download_to(self._api, asset, destination, on_progress))

    def import_url(
        self,
        url: str,
        *,
        filename: str | None = None,
        idempotency_key: str | None = None,
        **asset_options: Unpack[AssetOptions],
    ) -> response_types.ImportResponse:
        """Start importing a file from a public URL. `wait_for_job` returns the job with its `asset_url`."""
        steps = jobs.import_url(
            self._api, url, filename=filename, idempotency_key=idempotency_key, asset_options=asset_options
        )
        return self._driver.run(steps)

    def generate(
        self,
        prompt: str,
        model_id: str,
        input: response_types.ModelInput | None = None,  # noqa: A002 - the API's own name
        *,
        idempotency_key: str | None = None,
        **asset_options: Unpack[AssetOptions],
    ) -> response_types.GenerateResponse:
        """Start a generation. `model_id` is `owner/name`; `input` holds the model's inputs.

        `asset:<id>` in an input stands for the URL of one of your assets, `asset:<id>#frame=last` and
        `asset:<id>#w=1280` for a rendition's. The options apply to the video.
        """
        steps = jobs.generate(
            self._api,
            prompt=prompt,
            model_id=model_id,
            model_input=input,
            idempotency_key=idempotency_key,
            asset_options=asset_options,
        )
        return self._driver.run(steps)

    def get_job(self, job_id: str) -> response_types.Job:
        """Return a job."""
        return self._driver.run(jobs.get_job(self._api, job_id))

    def list_jobs(self, limit: int = 50, *, cursor: str | None = None) -> JobPage:
        """Return a page of jobs, newest first."""
        response = self._driver.run(jobs.list_jobs(self._api, limit=limit, cursor=cursor))
        return JobPage(response, cursor, lambda cursor: self.list_jobs(limit, cursor=cursor))

    def cancel_job(self, job_id: str) -> response_types.Job:
        """Cancel a job and return it. A job that has ended is returned unchanged."""
        return self._driver.run(jobs.cancel_job(self._api, job_id))

    def wait_for_job(
        self, job_id: str, *, timeout: float = 900.0, on_change: jobs.OnJob | None = None
    ) -> response_types.Job:
        """Wait until the job completes. Raises `JobFailed`, `JobCanceled`, or `JobTimedOut` after `timeout` seconds."""
        steps = jobs.wait_for_job(self._api, job_id, timeout=timeout, on_change=on_change)
        return self._driver.run(steps)
