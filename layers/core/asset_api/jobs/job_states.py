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
"""Progress of creating the prediction: `ready` to be sent, as there certainly is none; `sent` with unknown outcome, and
so never sent again; `doubtful` after a 5xx, and sent again only if the provider lists no such prediction. Meaningless
once there is a prediction id."""
