"""The command `assets`. It imports everything else itself, so that Ctrl-C leaves no traceback at any time."""

import sys

_INTERRUPTED = 130


def main() -> None:
    try:
        from asset_upload_client.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(_INTERRUPTED)
