"""Permissions by role, each with an attempt that works with it and fails without it."""

from tests.e2e.permissions.assets import ASSETS
from tests.e2e.permissions.jobs import JOBS, subject_of
from tests.e2e.permissions.not_shown import not_shown
from tests.e2e.permissions.publishing import PUBLISHING
from tests.e2e.permissions.renditions import RENDITIONS
from tests.e2e.permissions.upkeep import UPKEEP
from tests.e2e.permissions.uploads import UPLOADS
from tests.e2e.permissions.world import Permissions, World

__all__ = ["NEEDED_FOR", "World", "not_shown", "subject_of"]

# What fails without it.
NEEDED_FOR: Permissions = {
    **UPLOADS,
    **PUBLISHING,
    **ASSETS,
    **RENDITIONS,
    **JOBS,
    **UPKEEP,
}
