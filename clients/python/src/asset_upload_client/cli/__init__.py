"""The command `assets`."""

from asset_upload_client.cli.app import main

__all__ = ["main"]
