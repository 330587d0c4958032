"""Pages of lists, which iterate over their items and request the next page."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from asset_upload_client import errors
from asset_upload_client.response_types import Asset, AssetListResponse, Job, JobListResponse

Item = TypeVar("Item")
P = TypeVar("P", bound="_Page[Any]")


class _Page(Generic[Item]):
    """A page. `response` is the API's JSON; `page["limit"]` and the like return its fields."""

    _items: str

    def __init__(self, response: Mapping[str, Any], cursor: str | None, list_after: Callable[[str], Any]) -> None:
        self.response = response
        self._cursor = cursor
        self._list_after = list_after

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, None on the last one."""
        return cast(str | None, self.response["next_cursor"])

    def __iter__(self) -> Iterator[Item]:
        return iter(self.response[self._items])

    def __len__(self) -> int:
        return len(self.response[self._items])

    def __getitem__(self, field: str) -> Any:
        return self.response[field]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} {self._items}>"

    def _following(self) -> Any:
        cursor = self.next_cursor
        if cursor is not None and cursor == self._cursor:
            raise errors.UnexpectedResponse("The server is not an Asset Upload API: its list never ends")
        return None if cursor is None else self._list_after(cursor)


class _Assets(_Page[Asset]):
    _items = "assets"
    response: AssetListResponse

    @property
    def assets(self) -> list[Asset]:
        return self.response["assets"]


class _Jobs(_Page[Job]):
    _items = "jobs"
    response: JobListResponse

    @property
    def jobs(self) -> list[Job]:
        return self.response["jobs"]


class AssetPage(_Assets):
    """A page of assets, newest first: `page.assets`, or `for asset in page`. A filtered page may be short."""

    def next(self) -> "AssetPage | None":
        """Request the next page. Returns None after the last one, without a request."""
        return cast("AssetPage | None", self._following())


class JobPage(_Jobs):
    """A page of jobs, newest first: `page.jobs`, or `for job in page`."""

    def next(self) -> "JobPage | None":
        """Request the next page. Returns None after the last one, without a request."""
        return cast("JobPage | None", self._following())


class AsyncAssetPage(_Assets):
    """A page of assets, newest first: `page.assets`, or `for asset in page`. A filtered page may be short."""

    async def next(self) -> "AsyncAssetPage | None":
        """Request the next page. Returns None after the last one, without a request."""
        following = cast("Awaitable[AsyncAssetPage] | None", self._following())
        return await following if following else None


class AsyncJobPage(_Jobs):
    """A page of jobs, newest first: `page.jobs`, or `for job in page`."""

    async def next(self) -> "AsyncJobPage | None":
        """Request the next page. Returns None after the last one, without a request."""
        following = cast("Awaitable[AsyncJobPage] | None", self._following())
        return await following if following else None
