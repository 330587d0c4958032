"""`assets url`, `frame` and `thumbnail`."""

from enum import Enum
from typing import Annotated

import typer

from asset_upload_client.cli import durations, output
from asset_upload_client.cli.assets import AssetArgument, Force
from asset_upload_client.cli.context import Context, Json, reported

Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="PATH", help="Download it to this file or folder.")
]


class Frame(str, Enum):
    """The frames of a video that have a name."""

    FIRST = "first"
    LAST = "last"
    POSTER = "poster"


def frame(
    context: typer.Context,
    asset: AssetArgument,
    which: Annotated[Frame, typer.Argument(help="Which frame of the video.")],
    width: Annotated[int | None, typer.Option("--width", "-w", help="Scaled: 160, 320, 640, 960, 1280, 1920.")] = None,
    target: Output = None,
    force: Force = False,
) -> None:
    """Print the URL of a video's frame, or download it with --output.

    Example: assets frame 0199d1a0-… last -o next-clip.png
    """
    rendition = f"frame-{which.value}-w{width}.webp" if width else f"frame-{which.value}.png"
    _print_or_download(context.obj, asset, rendition, target, force=force)


def thumbnail(
    context: typer.Context,
    asset: AssetArgument,
    width: Annotated[int, typer.Option("--width", "-w", help="160, 320, 640, 960, 1280 or 1920.")] = 320,
    target: Output = None,
    force: Force = False,
) -> None:
    """Print the URL of a smaller picture of an image or a video, or download it with --output.

    Example: assets thumbnail 0199d1a0-… --width 640
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        is_video = client.get(asset)["file_type"].startswith("video/")
    _print_or_download(cli, asset, f"frame-poster-w{width}.webp" if is_video else f"w{width}.webp", target, force=force)


def signed_url(
    context: typer.Context,
    asset: AssetArgument,
    expires: Annotated[str, typer.Option("--expires", metavar="DURATION", help="It works for 15m, 12h, 7d …")] = "1h",
    rendition: Annotated[
        str | None, typer.Option("--rendition", help="A rendition, such as w640.webp or frame-last.png.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a temporary URL of an asset: the only way to share a private one. Public assets have a permanent URL, too.

    Example: assets url 0199d1a0-… --expires 7d
    """
    cli: Context = context.obj
    seconds = durations.seconds(expires)
    with reported(), cli.client() as client:
        url = client.signed_url(asset, expires_in=seconds, rendition=rendition)
    if json:
        output.print_json({"success": True, "url": url})
    else:
        output.print_line(url)


def _print_or_download(cli: Context, asset: str, rendition: str, target: str | None, *, force: bool) -> None:
    with reported(), cli.client(needs_token=False) as client:
        url = client.rendition_url(asset, rendition)
        output.print_line(url if target is None else str(client.download(url, target, overwrite=force)))


def register(app: typer.Typer) -> None:
    app.command("url")(signed_url)
    app.command("frame")(frame)
    app.command("thumbnail")(thumbnail)
