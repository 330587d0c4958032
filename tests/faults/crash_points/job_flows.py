"""Flows of jobs, to stop at each of their calls: generations, imports and erasures."""

import itertools
from functools import partial

from tests.fake_replicate import File, Problem, Silence
from tests.faults.crash_points.account import Account, files
from tests.faults.crash_points.flows import Action, Flow
from tests.functions import triggers
from tests.functions.generation.stack import MODEL

# An interrupted create is confirmed only if the provider lists the prediction; otherwise the job fails.
AT_MOST_ONE = {0, 1}


def generate(account: Account) -> Action:
    return lambda: account.alice.generate(key="once", prompt="a", model_id=MODEL)


def generate_after(problem: Problem | Silence, account: Account) -> Action:
    account.stack.provider.misbehavior.append(problem)
    return generate(account)


def reconcile_after(problem: Problem | Silence, account: Account) -> Action:
    generate_after(problem, account)()
    account.succeed()
    return account.reconcile


def webhook(account: Account) -> Action:
    generate(account)()
    account.succeed()

    def webhook_and_queue() -> None:
        assert account.stack.send_webhook().status == 200
        account.ingest()

    return webhook_and_queue


def ingest(account: Account) -> Action:
    generate(account)()
    account.succeed()
    account.stack.send_webhook()
    return account.ingest


def ingest_and_cancel(account: Account) -> Action:
    """Ingest an output whose message is redelivered after the job was canceled."""
    redelivered = ingest(account)
    (job,) = account.alice.jobs().json()["jobs"]
    deliveries = itertools.count()

    def deliver() -> None:
        if next(deliveries):
            account.alice.cancel(job["job_id"])
        redelivered()

    return deliver


def reconcile(account: Account) -> Action:
    generate(account)()
    account.succeed()
    return account.reconcile


def cancel(account: Account) -> Action:
    generate(account)()
    (job,) = account.alice.jobs().json()["jobs"]
    return partial(account.alice.cancel, job["job_id"])


def import_file(account: Account) -> Action:
    url = account.stack.provider.put("image.png", File(files()["image.png"]))

    def request_and_queue() -> None:
        account.alice.import_url(url, key="once", tags=["a"])
        account.ingest()

    return request_and_queue


def erase(account: Account) -> Action:
    """Create everything that an owner may have: a listed asset with tags, an unpublished upload, a job in flight."""
    listed = account.alice.ask_for_form(filename="image.png", tags=["a", "b"]).json()
    account.arrived.add(
        (str(listed["asset_id"]), triggers.post(account.stack.s3, listed["upload"], files()["image.png"]))
    )
    account.alice.complete(listed["asset_id"])
    generate(account)()
    body = account.alice.ask_for_form(filename="image.jpg").json()
    account.arrived.add((str(body["asset_id"]), triggers.post(account.stack.s3, body["upload"], files()["image.jpg"])))

    def request_and_passes() -> None:
        account.alice.erase()
        account.ingest()
        account.reconcile()
        account.ingest()

    return request_and_passes


# For a create: the provider's response, and whether it created the prediction anyway.
PROBLEMS: dict[str, Problem | Silence] = {
    "a 429": Problem(429),
    "a 500": Problem(500),
    "a 500 that created": Problem(500, creates=True),
    "no response": Silence(),
    "a lost response": Silence(creates=True),
}

JOB_FLOWS = {
    "import": Flow(import_file, {1}, ((202,),)),
    "erase": Flow(erase, {0}, ((202,),), frozenset({0, 3})),
    "generate": Flow(generate, AT_MOST_ONE, ((202,),)),
    **{
        f"generate with {name}": Flow(partial(generate_after, it), AT_MOST_ONE, ((202,),))
        for name, it in PROBLEMS.items()
    },
    "webhook": Flow(webhook, {1}),
    "ingest": Flow(ingest, {1}),
    "ingest, then cancel": Flow(ingest_and_cancel, {0, 1}, ((), (200,))),
    "reconcile": Flow(reconcile, {1}),
    **{f"reconcile after {name}": Flow(partial(reconcile_after, it), AT_MOST_ONE) for name, it in PROBLEMS.items()},
    "cancel": Flow(cancel, {0}, ((200,),)),
}
