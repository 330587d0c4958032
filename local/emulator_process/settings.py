"""Settings of the emulator's process beyond MiniStack's own."""

import dataclasses
import json
from collections.abc import MutableMapping
from dataclasses import dataclass

VARIABLE = "LOCAL_EMULATOR_SETTINGS"


@dataclass(frozen=True, slots=True)
class Settings:
    """This stack's keys, and a regular expression for the names of buckets that accept forms."""

    root_access_key_id: str
    root_secret_access_key: str
    front_door_key: str
    form_buckets: str

    def to_environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(dataclasses.asdict(self))}

    @classmethod
    def pop_from_environment(cls, environment: MutableMapping[str, str]) -> "Settings":
        """Read the settings and remove them, because functions inherit the emulator's environment."""
        return cls(**json.loads(environment.pop(VARIABLE)))
