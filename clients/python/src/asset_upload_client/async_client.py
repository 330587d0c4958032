"""The client for event loops."""

import sys
from collections.abc import AsyncIterator, Iterable
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, overload

import httpx

from asset_upload_client import downloads, errors, jobs, operations, parts, response_types, sources, uploads
from asset_upload_client.addresses import api_root
from asset_upload_client.async_driver import AsyncDriver
from asset_upload_client.credentials import AnyToken, Credentials
from asset_upload_client.errors import InvalidArgument
from asset_upload_client.exchanges import Api
from asset_upload_client.operations import AssetChanges, Filters
from asset_upload_client.options import AssetOptions
from asset_upload_client.pages import AsyncAssetPage, AsyncJobPage
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.sources import AsyncSource
from asset_upload_client.steps import OnProgress, OnWait
from asset_upload_client.uploads import NamedFile, OnFileProgress, OnOutcome, UploadOutcome

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class AsyncAssetClient:
    """Upload, list, download, delete and generate assets as the owner named by `token`.

    The counterpart of `AssetClient` for asyncio and Trio, with the same methods, to be awaited.
    """

    def __init__(
        self,
        base_url: str,
        token: AnyToken = None,
        *,
        timeout: float = 60.0,
        retries: RetryPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        """`token` is a token, or a function that returns one, called first and again after each 401.

        `timeout` in seconds applies to each connect, read and write. Your own `http_client` has its own timeouts and is
        not closed. `on_wait(wait)` is called before each pause, for the rate limit or before another attempt.
        """
        if http_client and transport:
            raise InvalidArgument("Pass `transport` or `http_client`, not both")
        self._api = Api(api_root(base_url), Credentials(token, in_event_loop=True), retries or RetryPolicy())
        self._owns_http = http_client is None
        self._driver = AsyncDriver(http_client or httpx.AsyncClient(timeout=timeout, transport=transport), on_wait)

    async def __aenter__(self) -> "AsyncAssetClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections, but not those of an `http_client` that was passed."""
        if self._owns_http:
            await self._driver.http.aclose()

    @property
    def token(self) -> AnyToken:
        """The token, or its provider. Setting it changes the requests from then on."""
        return self._api.credentials.given

    @token.setter
    def token(self, token: AnyToken) -> None:
        self._api.credentials = Credentials(token, in_event_loop=True)

    async def upload(
        self,
        file: AsyncSource,
        *,
        filename: str | None = None,
        size: int | None = None,
        idempotency_key: str | None = None,
        on_progress: OnProgress | None = None,
        resume: bool = True,
        **asset_options: Unpack[AssetOptions],
    ) -> response_types.AssetUploadResponse:
        """Upload a file under its own name or `filename`. The asset is published when this returns.

        `file` is a path, bytes, a binary file, or an iterator of bytes, including async ones; a source without a name
        needs a `filename`. `size`, if given, is checked. Iterators are stored in a temporary file first, for retries.
        `on_progress(sent, total)` receives byte counts. Within 24 hours, the same `idempotency_key` and file give the
        same asset. Without a key, each call creates one asset, however many attempts it takes.

        A file of more than 50 MB, if the deployment allows it, is sent in parallel parts. After an interruption,
        `upload` of the same path, or with the same key, sends only the missing parts, unless `resume` is False.
        """
        steps = uploads.upload(
            self._api,
            await sources.spooled(file, size),
            filename=filename,
            size=size,
            idempotency_key=idempotency_key,
            on_progress=on_progress,
            asset_options=asset_options,
            resume=resume,
        )
        return await self._driver.run(steps)

    async def abort_upload(
        self, file: str | PathLike[str], *, filename: str | None = None, **asset_options: Unpack[AssetOptions]
    ) -> bool:
        """Abort the interrupted upload that `upload` would resume if it were called with the same arguments.

        Its parts are removed, and the file is never published. Returns False if there is none. Raises `Conflict` if the
        file has been published in the meantime.
        """
        steps = parts.abort(self._api, file, filename=filename, asset_options=asset_options)
        return await self._driver.run(steps)

    async def upload_many(
        self,
        files: Iterable[AsyncSource | NamedFile],
        *,
        concurrency: int = 4,
        on_progress: OnFileProgress | None = None,
        on_outcome: OnOutcome | None = None,
        **asset_options: Unpack[AssetOptions],
    ) -> list[UploadOutcome]:
        """Upload files, `concurrency` at a time and at most ten a minute; return one outcome per file, in order.

        Each file is anything that `upload` accepts; `NamedFile(source, filename)` names a source without a name. A
        failed file does not stop the others. `on_progress(path, sent, total)` is called with bytes, and
        `on_outcome(outcome)` when a file is done.
        """

        async def one(file: NamedFile) -> UploadOutcome:
            try:
                source = await sources.spooled(file.source, file.size)
            except errors.AssetError as error:
                outcome = UploadOutcome(file.path, error=error)
            else:
                steps = uploads.one_of_many(self._api, file, source, on_progress, asset_options)
                outcome = await self._driver.run(steps)
            if on_outcome:
                on_outcome(outcome)
            return outcome

        return await self._driver.all(one, uploads.batch(files), concurrency)

    async def list_assets(
        self,
        limit: int = 50,
        offset: int | None = 0,
        *,
        cursor: str | None = None,
        **filters: Unpack[Filters],
    ) -> AsyncAssetPage:
        """Return a page of assets, newest first: `limit` (1 to 100) from `offset`, or after a page's `cursor`.

        The filters `file_type`, `tag` and `q` (a part of the name) combine. A filtered page may be short and still have
        a `next_cursor`.
        """
        steps = operations.list_assets(
            self._api, limit=limit, offset=None if cursor else offset, cursor=cursor, filters=filters
        )
        response = await self._driver.run(steps)
        return AsyncAssetPage(response, cursor, lambda cursor: self.list_assets(limit, cursor=cursor, **filters))

    async def assets(self, **filters: Unpack[Filters]) -> AsyncIterator[response_types.Asset]:
        """Iterate over all assets, newest first, one page at a time."""
        page: AsyncAssetPage | None = await self.list_assets(100, None, **filters)
        while page:
            for asset in page:
                yield asset
            page = await page.next()

    async def get(self, asset: str) -> response_types.Asset:
        """Return one asset, by id or URL."""
        return await self._driver.run(operations.get_asset(self._api, asset))

    async def delete(self, asset: str) -> response_types.DeleteResponse:
        """Delete an asset, by id or URL, permanently."""
        return await self._driver.run(operations.delete_asset(self._api, asset))

    async def delete_many(self, assets: Iterable[str]) -> response_types.DeleteManyResponse:
        """Delete any number of assets, by ids or URLs, permanently, a hundred per request."""
        return await self._driver.run(operations.delete_assets(self._api, assets))

    async def update(self, asset: str, **changes: Unpack[AssetChanges]) -> response_types.Asset:
        """Change an asset's `filename`, `tags`, `expires_in` (seconds from now, None for never) or `visibility`."""
        return await self._driver.run(operations.update_asset(self._api, asset, changes))

    def rendition_url(self, asset: str, rendition: str) -> str:
        """Return the URL of an asset's rendition: `w640.webp`, `frame-last.png`, `frame-first-w320.webp` and so on."""
        return self._api.rendition_url(asset, rendition)

    async def signed_url(self, asset: str, *, expires_in: int = 3600, rendition: str | None = None) -> str:
        """Return a URL of a private asset or its `rendition` that works for `expires_in` seconds (60 to 604,800)."""
        steps = operations.signed_url(self._api, asset, expires_in=expires_in, rendition=rendition)
        response = await self._driver.run(steps)
        return response["url"]

    async def usage(self) -> response_types.Usage:
        """Return the number of the owner's assets, their bytes, and the deployment's limits."""
        return await self._driver.run(operations.usage(self._api))

    async def erase_owner(self) -> response_types.EraseResponse:
        """Erase everything that the owner has, permanently. `wait_for_job` returns when it is done."""
        return await self._driver.run(jobs.erase_owner(self._api))

    @overload
    async def download(
        self,
        asset: str,
        destination: IO[bytes],
        *,
        on_progress: OnProgress | None = None,
    ) -> int: ...

    @overload
    async def download(
        self,
        asset: str,
        destination: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path: ...

    async def download(
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
            return await self._driver.run(
                downloads.download(self._api, asset, destination, on_progress, overwrite=overwrite)
            )
        return await self._driver.run(downloads.download_to(self._api, asset, destination, on_progress))

    async def import_url(
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
        return await self._driver.run(steps)

    async def generate(
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
        return await self._driver.run(steps)

    async def get_job(self, job_id: str) -> response_types.Job:
        """Return a job."""
        return await self._driver.run(jobs.get_job(self._api, job_id))

    async def list_jobs(self, limit: int = 50, *, cursor: str | None = None) -> AsyncJobPage:
        """Return a page of jobs, newest first."""
        response = await self._driver.run(jobs.list_jobs(self._api, limit=limit, cursor=cursor))
        return AsyncJobPage(response, cursor, lambda cursor: self.list_jobs(limit, cursor=cursor))

    async def cancel_job(self, job_id: str) -> response_types.Job:
        """Cancel a job and return it. A job that has ended is returned unchanged."""
        return await self._driver.run(jobs.cancel_job(self._api, job_id))

    async def wait_for_job(
        self, job_id: str, *, timeout: float = 900.0, on_change: jobs.OnJob | None = None
    ) -> response_types.Job:
        """Wait until the job completes. Raises `JobFailed`, `JobCanceled`, or `JobTimedOut` after `timeout` seconds."""
        steps = jobs.wait_for_job(self._api, job_id, timeout=timeout, on_change=on_change)
        return await self._driver.run(steps)
