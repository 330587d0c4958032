"""Asset Upload API: the code that the functions share, shipped as one Lambda layer.

Packages import only downward: `erasures`, `imports` and `generation` use `jobs`; these, `uploads` and `renditions` use
`publishing`; `publishing` uses `assets` and `media`; all use `platform`. `composition` creates the objects of each
package for the functions.

Decisions are pure functions; AWS calls sit at the edges and get their clients passed in. Importing any module needs no
environment and makes no call. `platform.settings` reads the environment; `platform.cold_start` reads the two variables
that Lambda itself sets.
"""

from asset_api.platform import cold_start

cold_start.begin()
