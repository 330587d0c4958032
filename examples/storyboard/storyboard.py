"""Tell a story in clips: each one begins with the frame that the one before it ends with.

    export ASSETS_URL=http://localhost:8000 ASSETS_TOKEN=$(make -s token SUB=me)
    python examples/storyboard/storyboard.py photo.jpg "She looks up" "She waves" "She walks away"

docs/guides/generation.md explains it.
"""

import os
import sys

from asset_upload_client import AssetClient

MODEL = os.environ.get("MODEL") or "minimax/video-01"


def main(photo: str, prompts: list[str]) -> None:
    with AssetClient(os.environ["ASSETS_URL"], os.environ["ASSETS_TOKEN"]) as client:
        first_frame = f"asset:{client.upload(photo)['asset_id']}"
        for number, prompt in enumerate(prompts, 1):
            started = client.generate(prompt, MODEL, {"first_frame_image": first_frame})
            clip = client.wait_for_job(started["job_id"])
            print(f"{number}. {prompt}: {clip['video_url']}")
            first_frame = f"asset:{clip['asset_id']}#frame=last"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
