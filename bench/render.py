"""Render a photo at one width several times, and print the CPU milliseconds of each and the peak memory in kB.

`python -m bench.render PHOTO WIDTH TIMES` does the work of the renditions function without its calls to AWS.
"""

import json
import sys
import time
from pathlib import Path

from asset_api.assets.rendition_names import Rendition
from asset_api.media import file_types
from asset_api.renditions import images
from bench.memory import peak_kilobytes


def main(photo: str, width: int, times: int) -> None:
    milliseconds = []
    data = b""
    for each in range(times + 1):
        before = time.process_time()
        data = images.render(Path(photo), file_types.JPEG, Rendition(width, "webp"))
        if each:  # the first one includes the cold start
            milliseconds.append((time.process_time() - before) * 1000)
    print(json.dumps({"cpu_ms": milliseconds, "peak_rss_kb": peak_kilobytes(), "bytes": len(data)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
