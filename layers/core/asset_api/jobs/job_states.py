"""States of a job. Their transitions:

    pending ──▶ processing ──▶ completed
       └────────────┴────────▶ failed, canceled        the three on the right are final

A job is `pending` until its work has begun, and `processing` until its file is an asset.
"""

from typing import Literal, get_args

Kind = Literal["generation", "import", "erasure"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Status = Literal["pending", "processing", "completed", "failed", "canceled"]
STATUSES: tuple[Status, ...] = get_args(Status)
IN_FLIGHT: tuple[Status, ...] = ("pending", "processing")
ENDED: tuple[Status, ...] = ("completed", "failed", "canceled")

Creation = Literal["ready", "sent", "doubtful"]
"""State of the request that creates the prediction. `ready`: may be sent, because there is no prediction. `sent`: its
outcome is unknown, so it is never sent again. `doubtful`: it got a 5xx, and is sent again only if the provider lists no
such prediction. Irrelevant once there is a prediction id."""
