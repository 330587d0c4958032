"""Attributes of unchanged resources in updates of nested stacks.

MiniStack 1.5.33 forgets them there: whatever reads an attribute of such a resource afterwards makes this update fail,
and every later one.
"""

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners


def install() -> None:
    """Give MiniStack's update of a resource the attributes that the stack has recorded for it."""
    update = provisioners._update_resource

    def update_with_attributes(
        resource_type: str,
        physical_id: str,
        old_properties: Any,
        new_properties: Any,
        stack_name: str,
        logical_id: str | None = None,
        old_attributes: Any = None,
    ) -> Any:
        known = _recorded_attributes(stack_name, logical_id) if old_attributes is None else old_attributes
        return update(resource_type, physical_id, old_properties, new_properties, stack_name, logical_id, known)

    provisioners._update_resource = update_with_attributes


def _recorded_attributes(stack_name: str, logical_id: str | None) -> Any:
    resources = cloudformation._stacks.get(stack_name, {}).get("_resources", {})
    return resources.get(logical_id, {}).get("Attributes")
