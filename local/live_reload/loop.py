"""The loop that applies edits to the running stack and reports the result."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local import stack
from local.deployment import Deployment
from local.failures import LocalStackError
from local.live_reload.plan import Plan, check_syntax, plan
from local.live_reload.watching import Snapshot, changed_files
from local.progress import Progress
from local.stack import Stack

if TYPE_CHECKING:
    from pathlib import Path


async def keep_up_to_date(
    deployment: Deployment,
    deployed: Stack,
    since: Snapshot,
    progress: Progress,
    on_deploy: Callable[[Stack], None],
) -> None:
    """Watch for edits, forever. One that cannot be applied is reported, and retried together with the next."""
    pending: frozenset[Path] = frozenset()
    async for changed in changed_files(deployment.root, since):
        pending |= changed
        started = time.monotonic()
        try:
            check_syntax(deployment.root, pending)
            deployed = await _make_live(deployment, deployed, plan(pending), progress)
        except SyntaxError as error:
            progress.step(f"Not reloaded: {error.filename}, line {error.lineno}: {error.msg}")
        except LocalStackError as error:
            progress.step(f"Not reloaded: {error.reason}")
        except (BotoCoreError, ClientError) as error:
            progress.step(f"Not reloaded: the emulator refused: {error}")
        else:
            on_deploy(deployed)
            progress.step(f"Reloaded {plan(pending).describe()} in {time.monotonic() - started:.1f} s")
            pending = frozenset()


async def _make_live(deployment: Deployment, deployed: Stack, needed: Plan, progress: Progress) -> Stack:
    # Taken before the work: edits made meanwhile belong to the next change.
    fingerprint = await asyncio.to_thread(deployment.fingerprint)
    # Reloading the layer replaces the package within the built one, so it must have been built here.
    if needed.deploy or (needed.layer and not deployment.state.build.exists()):
        deployed = await deployment.deploy(progress)
        await asyncio.to_thread(deployment.reloader(deployed).reload_everything)
    if needed.page or not needed.deploy:
        await asyncio.to_thread(deployment.reloader(deployed).reload, needed)
    await asyncio.to_thread(stack.remember_fingerprint, deployment.clients, fingerprint)
    await deployment.emulator.save()
    return deployed
