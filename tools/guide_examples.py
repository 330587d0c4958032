"""Copy the files of examples/ into the guides that show them, so that the code is visible in any Markdown reader.

A guide marks the place with a comment, `<!-- examples/fastapi/main.py -->`, before a fenced block. `--check` writes
nothing and exits with 1 if a block differs from its file.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted((ROOT / "docs").glob("**/*.md"))
_BLOCK = re.compile(r"(<!-- (examples/\S+) -->\n```\w+\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def with_examples(markdown: str) -> str:
    """Return the text with each marked block replaced by its file."""
    return _BLOCK.sub(lambda block: f"{block[1]}{(ROOT / block[2]).read_text(encoding='utf-8')}{block[4]}", markdown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check that the guides are up to date")
    check = parser.parse_args().check
    texts = {path: path.read_text(encoding="utf-8") for path in GUIDES}
    stale = {path: new for path, text in texts.items() if (new := with_examples(text)) != text}
    for path, text in stale.items():
        if check:
            print(
                f"{path.relative_to(ROOT)} differs from examples/: run python -m tools.guide_examples", file=sys.stderr
            )
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
