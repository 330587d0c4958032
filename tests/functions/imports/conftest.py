"""Imports on a deployment with generation: its queue, its host of files, its clock."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.fake_replicate import File
from tests.functions.gateway import Caller
from tests.functions.generation.conftest import (
    calls,  # noqa: F401  a fixture, as the next ones are
    provider,  # noqa: F401
    running_provider,  # noqa: F401
    stack,  # noqa: F401
)
from tests.functions.generation.stack import Stack


@dataclass(frozen=True)
class Importer:
    """An owner who imports files from one host."""

    owner: Caller
    stack: Stack

    def begin(self, file: File, name: str = "photo.jpg", **fields: Any) -> str:
        """Start importing this file; return the job's id."""
        response = self.owner.import_url(self.stack.provider.put(name, file), **fields)
        assert response.status == 202, response.body
        return str(response.json()["job_id"])

    def run(self, file: File, name: str = "photo.jpg", **fields: Any) -> dict[str, Any]:
        """Let the ingest function process the job, and return it."""
        job_id = self.begin(file, name, **fields)
        assert self.stack.deliver() == []
        return self.job(job_id)

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.job(job_id).json()
        return found

    def assets(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.owner.list().json()["assets"]
        return listed


@pytest.fixture
def importer(alice: Caller, stack: Stack) -> Importer:  # noqa: F811  a fixture
    return Importer(alice, stack)
