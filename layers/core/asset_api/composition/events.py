"""Sending events, and requesting the renditions of new assets."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.events.dispatcher import Destination, Dispatcher
    from asset_api.events.webhook_queues import WebhookDeliveries


@composition.once
def dispatcher() -> "Dispatcher":
    from asset_api.assets.signed_urls import UrlSigner
    from asset_api.events.dispatcher import Dispatcher, UnreadableRecords
    from asset_api.events.rendition_requests import RenditionRequests

    current = settings.current()
    return Dispatcher(
        destinations=_destinations(current),
        renditions=RenditionRequests(
            aws.lambda_client(),
            {"image": current.image_renditions_function, "video": current.video_renditions_function},
        ),
        unreadable=UnreadableRecords(aws.sqs(), current.unreadable_records_url),
        base_url=current.public_url,
        sign=UrlSigner(current.url_signing_keys).sign_thumbnail,
    )


def _destinations(current: settings.Settings) -> "list[Destination]":
    """Return every receiver's queue and the bus, if the deployment has any."""
    from asset_api.events.event_bus import EventBus
    from asset_api.events.webhook_queues import WebhookQueue

    queues = [WebhookQueue(aws.sqs(), url, number) for number, url in enumerate(current.webhook_queue_urls, start=1)]
    return [*queues, EventBus(aws.eventbridge(), current.event_bus_name)] if current.event_bus_name else [*queues]


@composition.once
def webhook_deliveries() -> "WebhookDeliveries":
    from asset_api.events.webhook_queues import WebhookDeliveries
    from asset_api.events.webhook_requests import WebhookSender

    current = settings.current()
    sender = WebhookSender(current.webhook_secrets, current.allow_private_receivers, composition.now)
    return WebhookDeliveries(aws.sqs(), current.webhook_urls, sender, composition.now)
