"""Asset Upload API: what the functions share, shipped as one Lambda layer.

One flat module per noun. Decisions are pure functions; AWS calls sit at the edges and get their clients passed in.
Importing any module needs no environment and makes no call; `settings` alone reads the environment.
"""

from asset_api import cold_start

cold_start.begin()
