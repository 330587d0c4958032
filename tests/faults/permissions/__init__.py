"""Permissions by role, each with an attempt that works with it and fails without it."""

from tests.faults.permissions.assets import ASSETS
from tests.faults.permissions.deployment import Deployment, Permissions, idle_background
from tests.faults.permissions.jobs import JOBS
from tests.faults.permissions.not_shown import not_shown
from tests.faults.permissions.publishing import PUBLISHING
from tests.faults.permissions.renditions import RENDITIONS
from tests.faults.permissions.upkeep import UPKEEP
from tests.faults.permissions.uploads import UPLOADS

__all__ = ["NEEDED_FOR", "Deployment", "idle_background", "not_shown"]

# The attempt that fails without each permission.
NEEDED_FOR: Permissions = {
    **UPLOADS,
    **PUBLISHING,
    **ASSETS,
    **RENDITIONS,
    **JOBS,
    **UPKEEP,
}
