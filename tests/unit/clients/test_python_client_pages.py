"""The Python client's pages: lists that iterate and get the next page."""

from typing import Any

import anyio
import httpx
import pytest

from asset_upload_client import AssetClient, AsyncAssetClient, errors
from tests.unit.clients.scripted_service import ASSET, BASE, JOB, PAGE, Service, ok


def two_pages() -> Service:
    return Service(ok(PAGE | {"assets": [ASSET, ASSET], "next_cursor": "c"}), ok(PAGE))


def cursors(service: Service) -> list[str | None]:
    return [request.url.params.get("cursor") for request in service.requests]


def connected(service: Service) -> AssetClient:
    return AssetClient(BASE, "token", transport=httpx.MockTransport(service))


async def in_event_loop(service: Service, method: str, **options: Any) -> list[Any]:
    """Collect the items of every page by `next`."""
    found: list[Any] = []
    async with AsyncAssetClient(BASE, "token", transport=httpx.MockTransport(service)) as client:
        page = await getattr(client, method)(**options)
        while page:
            found += page
            page = await page.next()
    return found


def test_all_assets_are_iterated_page_by_page() -> None:
    service = two_pages()
    with connected(service) as client:
        assert len(list(client.assets())) == 3
    assert cursors(service) == [None, "c"]


def test_all_assets_are_iterated_asynchronously() -> None:
    service = two_pages()

    async def count() -> int:
        async with AsyncAssetClient(BASE, "token", transport=httpx.MockTransport(service)) as client:
            return len([asset async for asset in client.assets()])

    assert anyio.run(count) == 3
    assert cursors(service) == [None, "c"]


def test_a_page_iterates_and_gets_the_next_with_the_same_filters() -> None:
    service = two_pages()
    with connected(service) as client:
        page = client.list_assets(2, tag="t")
        assert (len(page), list(page), page.next_cursor, page["limit"]) == (2, page.assets, "c", 100)
        following = page.next()
        assert following is not None
        assert following.next() is None
    assert [dict(request.url.params) for request in service.requests] == [
        {"limit": "2", "offset": "0", "tag": "t"},
        {"limit": "2", "cursor": "c", "tag": "t"},
    ]


@pytest.mark.parametrize("method", ["list_assets", "list_jobs"])
def test_async_pages_get_the_next_page(method: str) -> None:
    name, item = ("assets", ASSET) if method == "list_assets" else ("jobs", JOB)
    page = {"success": True, name: [item], "limit": 1, "offset": 0}
    service = Service(ok({**page, "next_cursor": "c"}), ok({**page, "next_cursor": None}))
    assert anyio.run(lambda: in_event_loop(service, method)) == [item, item]
    assert cursors(service) == [None, "c"]


def test_jobs_have_pages_too() -> None:
    page = {"success": True, "jobs": [JOB], "limit": 1}
    service = Service(ok({**page, "next_cursor": "c"}), ok({**page, "next_cursor": None}))
    with connected(service) as client:
        first = client.list_jobs(1)
        following = first.next()
    assert following is not None
    assert [*first.jobs, *following] == [JOB, JOB]


def test_a_repeated_cursor_ends_the_iteration() -> None:
    service = Service(*[ok(PAGE | {"next_cursor": "c"}) for _ in range(4)])
    with connected(service) as client, pytest.raises(errors.UnexpectedResponse, match="never ends"):
        list(client.assets())
    with pytest.raises(errors.UnexpectedResponse, match="never ends"):
        anyio.run(lambda: in_event_loop(service, "list_assets"))
