"""Tell a story in clips: each one begins with the frame that the one before it ends with.

    export ASSETS_URL=http://localhost:8000 ASSETS_TOKEN=$(make -s token SUB=me)
    python examples/storyboard/storyboard.py photo.jpg "She looks up" "She waves" "She walks away"

docs/guides/generation.md explains it.
"""

import os
import sys
import tempfile
from pathlib import Path

import httpx

from asset_upload_client import AssetClient

MODEL = os.environ.get("MODEL", "minimax/video-01")


def storyboard(client: AssetClient, image: Path, prompts: list[str]) -> list[str]:
    """The URLs of the clips, one for each prompt."""
    clips: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, prompt in enumerate(prompts, 1):
            first_frame = client.upload(image)
            begun = client.generate(prompt, MODEL, {"first_frame_image": first_frame["url"]})
            clip = str(client.wait_for_job(begun["job_id"])["video_url"])
            clips.append(clip)
            print(f"{number}. {prompt}: {clip}")
            frame = httpx.get(client.rendition_url(clip, "frame-last.png"), timeout=60).raise_for_status()
            image = Path(folder) / f"after-clip-{number}.png"
            image.write_bytes(frame.content)
    return clips


if __name__ == "__main__":
    with AssetClient(os.environ["ASSETS_URL"], os.environ["ASSETS_TOKEN"]) as opened:
        storyboard(opened, Path(sys.argv[1]), sys.argv[2:])
