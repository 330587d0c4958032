"""What is stopped at each of its calls: what was there before, then what may be done again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.faults.crash_points.world import World, files
from tests.functions import triggers
from tests.functions.generation.stack import MODEL

Action = Callable[[], object]


@dataclass(frozen=True)
class Flow:
    """`prepare` does what comes before and has the flow itself. `assets` is how many alice may have once what was
    stopped has been tried again."""

    prepare: Callable[[World], Action]
    assets: set[int]


# Whether a prediction was created that was about to be is known only where it is listed: else the job fails.
PERHAPS = {0, 1}


def direct(name: str, world: World) -> Action:
    return lambda: world.alice.upload(name, files()[name], key="once")


def form_with_complete(name: str, world: World) -> Action:
    return lambda: world.alice.complete(world.post_form(name))


def form_with_event(name: str, world: World) -> Action:
    return lambda: triggers.deliver(triggers.message(f"uploads/{world.post_form(name)}"))


def form_with_both(name: str, world: World) -> Action:
    def complete_and_event() -> None:
        asset_id = world.post_form(name)
        world.alice.complete(asset_id)
        triggers.deliver(triggers.message(f"uploads/{asset_id}"))

    return complete_and_event


def delete(world: World) -> Action:
    asset_id = world.post_form("image.png")
    world.alice.complete(asset_id)
    return partial(world.alice.delete, asset_id)


def purge(world: World) -> Action:
    delete(world)()
    world.post_form("image.png")  # again, with a form that is still good
    return lambda: triggers.tombstone_written(*world.tombstones())


def generate(world: World) -> Action:
    return lambda: world.alice.generate(key="once", prompt="a", model_id=MODEL)


def webhook(world: World) -> Action:
    generate(world)()
    world.succeed()

    def webhook_and_queue() -> None:
        assert world.stack.send_webhook().status == 200
        world.ingest()

    return webhook_and_queue


def ingest(world: World) -> Action:
    generate(world)()
    world.succeed()
    world.stack.send_webhook()
    return world.ingest


def reconcile(world: World) -> Action:
    generate(world)()
    world.succeed()
    return world.reconcile


def cancel(world: World) -> Action:
    generate(world)()
    (job,) = world.alice.jobs().json()["jobs"]
    return partial(world.alice.cancel, job["job_id"])


FLOWS = {
    **{f"direct upload of {name}": Flow(partial(direct, name), {1}) for name in files()},
    **{f"form with complete, {name}": Flow(partial(form_with_complete, name), {1}) for name in files()},
    **{f"form with event, {name}": Flow(partial(form_with_event, name), {1}) for name in files()},
    **{f"form with both, {name}": Flow(partial(form_with_both, name), {1}) for name in files()},
    "delete": Flow(delete, {0}),
    "purge": Flow(purge, {0}),
    "generate": Flow(generate, PERHAPS),
    "webhook": Flow(webhook, {1}),
    "ingest": Flow(ingest, {1}),
    "reconcile": Flow(reconcile, {1}),
    "cancel": Flow(cancel, {0}),
}
