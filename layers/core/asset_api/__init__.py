"""Asset Upload API: what the functions share, shipped as one Lambda layer.

Wings stand on a platform, and import only downward: `generation` and `uploads` use `publishing`, `publishing` uses
`assets` and `media`, all of them use `platform`. `composition` puts the objects of each
wing together for the functions.

Decisions are pure functions; AWS calls sit at the edges and get their clients passed in. Importing any module needs no
environment and makes no call. `platform.settings` reads the environment; `platform.cold_start` reads the two variables
that Lambda itself sets.
"""

from asset_api.platform import cold_start

cold_start.begin()
