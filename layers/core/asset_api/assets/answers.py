"""What uploads and generations answer with."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets: a body, and the RateLimit headers where the request was counted."""

    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
