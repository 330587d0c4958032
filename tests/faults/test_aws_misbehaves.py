"""The whole stack, with 5, 20 and 50 percent of AWS calls failing in every way: nothing is lost or duplicated."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from local import ports
from tests.e2e.client import eventually, someone
from tests.e2e.local_stack import LocalStack, local_stack
from tests.e2e.stand_in import StandIn
from tests.faults import operations
from tests.faults.clients import PATIENCE_SECONDS, Client
from tests.faults.fault_proxy import FaultProxy, rules
from tests.faults.life_clients import LifeClient

OWNERS = 5
# An erasure takes half a minute: one is enough.
ERASES_AT = 20
IDLE_WITHIN_SECONDS = 600


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, FaultProxy]]:
    with local_stack(tmp_path_factory.mktemp("stack")) as stack:
        proxy = FaultProxy(stack.emulator_url, ports.free())
        stack.functions_endpoint = proxy.url
        with proxy.running():
            stack.start()
            operations.redeliver_soon(stack)
            yield stack, proxy


@pytest.mark.parametrize(("percent", "rounds", "seed"), [(5, 2, 1), (20, 1, 2), (50, 1, 3)])
def test_failing_aws_calls_lose_and_duplicate_nothing(
    percent: int,
    rounds: int,
    seed: int,
    proxied: tuple[LocalStack, FaultProxy],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    stack, proxy = proxied
    with httpx.Client(base_url=stack.url, timeout=PATIENCE_SECONDS) as http:
        clients = [Client(someone(stack, http), seed * OWNERS + number) for number in range(OWNERS - 1)]
        clients.append(LifeClient(someone(stack, http), seed * OWNERS + OWNERS - 1, erases=percent == ERASES_AT))
        with proxy.misbehaving(percent / 100, seed=seed) as happened, ThreadPoolExecutor(OWNERS) as pool:
            for done in [pool.submit(client.work, rounds, seed) for client in clients]:
                done.result()
        redriven = wait_until_idle(stack, clients)
        for client in clients:
            client.assert_nothing_lost_or_doubled()
        assert_one_prediction_a_job(stack, clients)
    statuses = Counter(status for client in clients for status in client.statuses)
    unconfirmed = sum(len(client.unconfirmed) for client in clients)
    record_testsuite_property(
        f"{percent} percent",
        f"{dict(happened)}; {dict(statuses)}; redriven {dict(redriven)}; {unconfirmed} jobs unconfirmed",
    )
    assert {service for service, _ in happened} >= {"dynamodb", "s3"}


def test_a_redrive_completes_the_work_of_an_outage(proxied: tuple[LocalStack, FaultProxy]) -> None:
    stack, proxy = proxied
    with httpx.Client(base_url=stack.url, timeout=PATIENCE_SECONDS) as http:
        client = Client(someone(stack, http), 0)
        with operations.given_up_soon(stack, "PublishQueue"), proxy.outage_of("s3"):
            client.upload_by_form(completes=False)
            eventually(
                "the event is given up",
                lambda: operations.waiting(stack, "PublishDeadLetters"),
                patience_seconds=IDLE_WITHIN_SECONDS,
            )
        # More than once on a slow machine: on this stack, messages are redelivered after seconds.
        assert wait_until_idle(stack, [client])["PublishQueue"] >= 1
        client.assert_nothing_lost_or_doubled()


def wait_until_idle(stack: LocalStack, clients: list[Client]) -> Counter[str]:
    """Let time pass and redrive dead letters until nothing is left; return how many were redriven."""
    redriven: Counter[str] = Counter()
    busy: list[str] = []

    def is_idle() -> bool:
        redriven.update(operations.redrive(stack))
        operations.let_assets_expire(stack)
        operations.let_jobs_fall_due(stack)
        operations.let_unconfirmed_jobs_expire(stack)
        queues = [*operations.QUEUES, *operations.QUEUES.values(), "PurgeDeadLetters"]
        busy[:] = [queue for queue in queues if operations.waiting(stack, queue)]
        busy.extend(pending for client in clients for pending in client.pending())
        return not busy

    try:
        eventually("nothing is in progress", is_idle, patience_seconds=IDLE_WITHIN_SECONDS, pause_seconds=2)
    except AssertionError as failure:
        failure.add_note(f"waited for {busy}")
        raise
    return redriven


def assert_one_prediction_a_job(stack: LocalStack, clients: list[Client]) -> None:
    """A job that the provider never confirmed has none: it has failed, and the client has seen that."""
    with httpx.Client(base_url=stack.replicate_url, timeout=120) as http:
        predictions = StandIn(http).everything()["predictions"]
    for client in clients:
        for job_id in client.jobs:
            created = [one for one in predictions if job_id in str(one.get("webhook"))]
            assert len(created) == (0 if job_id in client.unconfirmed else 1), (job_id, created)


def test_faults_have_the_configured_probability() -> None:
    for service in ("dynamodb", "s3", "sqs", "cloudfront"):
        unharmed = 1.0
        for rule in rules(0.2):
            if rule["service"] == service:
                unharmed *= 1 - rule["probability"]
        assert unharmed == pytest.approx(0.8)


def test_head_responses_keep_their_content_length() -> None:
    class Described(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "12345")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Described) as upstream:
        threading.Thread(target=upstream.serve_forever).start()
        proxy = FaultProxy(f"http://127.0.0.1:{upstream.server_port}", ports.free())
        try:
            with proxy.running():
                assert httpx.head(proxy.url, timeout=120).headers["content-length"] == "12345"
        finally:
            upstream.shutdown()
