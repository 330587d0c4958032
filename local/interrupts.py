"""Stopping on a signal, and with the `make` that started this process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any


async def until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, which SIGINT, SIGTERM and SIGHUP cancel once: a second Ctrl-C must not interrupt its clean-up."""
    task = asyncio.create_task(work)
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not is_stopping:
            raise


@asynccontextmanager
async def ending_with_make(target: Path) -> AsyncIterator[None]:
    """Interrupt this process when its parent, `make`, is gone or has deleted `target`.

    A signal may reach only `make`, which then deletes its targets ("Interrupting or Killing make" in GNU make's manual)
    and waits for this process.
    """
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"{os.getpid()}\n")
    parent = os.getppid()

    async def watch() -> None:
        while target.exists() and os.getppid() == parent:
            await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        target.unlink(missing_ok=True)
