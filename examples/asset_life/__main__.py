"""Follow ten assets from import to erasure: tag them, receive their events, let half of them expire, erase the rest.

    make run PARAMETERS="WebhookUrls=http://localhost:9000/"        # in another terminal

    export ASSETS_URL=http://localhost:8000 ASSETS_TOKEN=$(make -s token SUB=a-throwaway-owner)
    export ASSETS_WEBHOOK_SECRET=$(cat .local/webhook-secret)
    python -m examples.asset_life https://example.com/1.jpg https://example.com/2.jpg …

It erases the owner of the token. docs/guides/organize.md explains it.
"""

import os
import sys

import httpx

from asset_upload_client import AssetClient
from examples.asset_life.inbox import Inbox, listening
from examples.asset_life.leftovers import leftovers

SHORTEST_EXPIRY_SECONDS = 60
# Bytes are gone within two minutes of the expiry.
EXPIRED_WITHIN_SECONDS = SHORTEST_EXPIRY_SECONDS + 150


def main(urls: list[str]) -> None:
    port = int(os.environ.get("PORT", "9000"))
    with (
        AssetClient(os.environ["ASSETS_URL"], os.environ["ASSETS_TOKEN"]) as client,
        listening(port, os.environ["ASSETS_WEBHOOK_SECRET"]) as inbox,
    ):
        asset_urls = import_and_tag(client, inbox, urls)
        ids = list(asset_urls)
        expire(client, inbox, ids[: len(ids) // 2])
        owner = erase(client, inbox, ids[len(ids) // 2 :])
        show_that_nothing_is_left(client, asset_urls, owner)


def import_and_tag(client: AssetClient, inbox: Inbox, urls: list[str]) -> dict[str, str]:
    """Return the public URLs of the new assets by id."""
    started = [client.import_url(url) for url in urls]
    jobs = [client.wait_for_job(each["job_id"]) for each in started]
    for job in jobs:
        client.update(str(job["asset_id"]), tags=["trip"])
    tagged = {asset["asset_id"]: asset["url"] for asset in client.assets(tag="trip")}
    if tagged.keys() != {job["asset_id"] for job in jobs}:
        sys.exit("The imports are not all found by their tag. Run this as an owner without assets.")
    inbox.wait_for("job.completed", [job["job_id"] for job in jobs])
    inbox.wait_for("asset.published", tagged)
    print(f"{len(tagged)} imported and tagged, and their events received", flush=True)
    return tagged


def expire(client: AssetClient, inbox: Inbox, ids: list[str]) -> None:
    for asset_id in ids:
        client.update(asset_id, expires_in=SHORTEST_EXPIRY_SECONDS)
    print(f"{len(ids)} expire in a minute", flush=True)
    events = inbox.wait_for("asset.deleted", ids, timeout_seconds=EXPIRED_WITHIN_SECONDS)
    if {event["data"]["cause"] for event in events} != {"expiry"}:
        sys.exit("An asset was deleted, but not by its expiry.")
    print(f"{len(ids)} have expired", flush=True)


def erase(client: AssetClient, inbox: Inbox, ids: list[str]) -> str:
    """Return the name of the erased owner, as events state it."""
    job = client.wait_for_job(client.erase_owner()["job_id"])
    events = inbox.wait_for("asset.deleted", ids)
    if {event["data"]["cause"] for event in events} != {"erasure"} or job.get("deleted_assets") != len(ids):
        sys.exit(f"The erasure did not delete {len(ids)} assets: {job}")
    print(f"{len(ids)} erased with their owner", flush=True)
    return str(events[0]["data"]["owner"])


def show_that_nothing_is_left(client: AssetClient, asset_urls: dict[str, str], owner: str) -> None:
    left = [f"listed: {asset['asset_id']}" for asset in client.assets()]
    left += [f"public: {url}" for url in asset_urls.values() if httpx.get(url).status_code != httpx.codes.NOT_FOUND]
    usage = client.usage()
    if (usage["assets"], usage["bytes"]) != (0, 0):
        left.append(f"usage: {usage}")
    if stack := os.environ.get("ASSETS_STACK"):
        left += leftovers(stack, owner, asset_urls)
    if left:
        sys.exit("\n".join(["Left:", *left]))
    print("Nothing is left" + ("" if stack else " that a client can see"))


if __name__ == "__main__":
    main(sys.argv[1:])
