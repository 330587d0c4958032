"""Erasures on the deployment of generation: its queue, its provider, its clock."""

from dataclasses import dataclass
from typing import Any

import pytest

from asset_api.assets import asset_ids
from asset_api.platform import settings
from tests.functions import triggers
from tests.functions.gateway import Caller
from tests.functions.generation.conftest import (
    calls,  # noqa: F401  a fixture, as the next ones are
    provider,  # noqa: F401
    running_provider,  # noqa: F401
    stack,  # noqa: F401
)
from tests.functions.generation.stack import Stack

# Items that outlive an erasure for a while (docs/operations.md).
STAYS = ("tombstone#", "usage", "job#")


@dataclass(frozen=True)
class Eraser:
    stack: Stack

    def begin(self, owner: Caller) -> str:
        response = owner.erase()
        assert response.status == 202, response.body
        return str(response.json()["job_id"])

    def run(self, owner: Caller) -> dict[str, Any]:
        """Request an erasure, let it finish, and return its job."""
        job_id = self.begin(owner)
        self.stack.deliver()
        self.stack.minute(3)
        job: dict[str, Any] = owner.job(job_id).json()
        return job

    def purge(self) -> None:
        """Let `purge` process every tombstone, as the table's stream does."""
        triggers.tombstone_written(*triggers.tombstones(self.stack.dynamodb))

    def left(self, owner: str) -> list[str]:
        """Find every item of the owner, and every object under an id that was issued to it."""
        salt = settings.current().asset_id_salt
        items = [
            f"{table} {item['sk']['S']}"
            for table in ("assets", "requests")
            for item in self.stack.dynamodb.scan(TableName=table)["Items"]
            if item["owner"]["S"] == owner and not item["sk"]["S"].startswith(STAYS)
        ]
        keys = [
            f"{bucket} {version['Key']}"
            for bucket in ("assets", "incoming")
            for version in self.stack.s3.list_object_versions(Bucket=bucket).get("Versions", [])
            if any(asset_ids.is_issued_to(owner, part, salt=salt) for part in version["Key"].split("/"))
        ]
        return items + keys


@pytest.fixture
def eraser(stack: Stack) -> Eraser:  # noqa: F811  a fixture
    return Eraser(stack)
