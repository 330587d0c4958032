"""Documents: every file they name exists, and architecture.md lists every kind of stored item."""

import re
from pathlib import Path

import pytest

from asset_api.assets import usage
from asset_api.jobs import jobs_in_flight
from asset_api.platform import rate_limits

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "layers" / "core" / "asset_api"
TESTS = ROOT / "tests"
# Tests are also named by their path in tests/, without the suffix.
_FOLDERS = {path.name for folder in (ROOT, TESTS) for path in folder.iterdir() if re.fullmatch(r"[a-z]\w+", path.name)}
DOCUMENTS = (
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("docs/guides/*.md")),
    *sorted(ROOT.glob("clients/*/README.md")),
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
)
_PATH = re.compile(rf"`((?:{'|'.join(sorted(_FOLDERS))})/[\w./-]+|\w+\.py)`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# Made by commands, and not in the repository.
_GENERATED = re.compile(r"/(node_modules|dist)(/|$)")


def _places(path: str) -> tuple[Path, ...]:
    return ROOT / path, PACKAGE / path, TESTS / path, TESTS / f"{path}.py"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_a_document_exists(document: Path) -> None:
    text = document.read_text()
    paths = [path for path in _PATH.findall(text) if not _GENERATED.search(path)]
    missing = [path for path in paths if not any(place.exists() for place in _places(path))]
    missing += [link for link in _LINK.findall(text) if not (document.parent / link).exists()]
    assert missing == []


# The clients are not published: a stranger's package of that name must not be installed (docs/releasing.md).
_BY_NAME = re.compile(r"(?:pip|pipx|uv|uvx|npm|npx|pnpm|yarn)\b[^\n`]*[ \"'=]asset-upload-client\b")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_installs_a_client_by_name(document: Path) -> None:
    assert _BY_NAME.findall(document.read_text()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_uses_the_same_token_variable(document: Path) -> None:
    assert re.findall(r"\$TOKEN\b|\benv\.TOKEN\b|\bexport TOKEN\b", document.read_text()) == []


def test_architecture_lists_every_kind_of_stored_item() -> None:
    stored = {kind for path in PACKAGE.rglob("*.py") for kind in re.findall(r'"([a-z]+#)"', path.read_text())}
    stored |= {rate_limits.UPLOADS.sort_key, rate_limits.GENERATIONS.sort_key, jobs_in_flight.SORT_KEY, usage.SORT_KEY}
    _, _, section = (ROOT / "docs" / "architecture.md").read_text().partition("## Tables and keys")
    keys = re.findall(r"^\| (?:assets|requests) \| ([^|]+) \|", section.partition("| bucket |")[0], re.MULTILINE)
    listed = {re.sub("<.*", "", name) for cell in keys for name in re.findall(r"`([^`]+)`", cell)}
    assert listed == stored


def test_architecture_lists_every_module_that_patches_the_emulator() -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "local" / "emulator_process").glob("*.py")}
    others = {f"local/emulator_process/{name}.py" for name in ("__init__", "__main__", "settings")}
    _, _, section = (ROOT / "docs" / "architecture.md").read_text().partition("| module | makes MiniStack |")
    rows = re.findall(r"^\| (`local/[^|]+) \|", section.partition("\n\n")[0], re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert listed == modules - others


def test_operations_quotes_the_output_of_make_smoke() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    _, _, section = text.partition("| what | the line of `make smoke` |")
    quoted = set(re.findall(r'"([^"]+)"', section.partition("\n\n")[0]))
    sources = [path.read_text() for path in (ROOT / "tools" / "smoke").glob("*.py")]
    assert quoted
    assert quoted <= {line for source in sources for line in re.findall(r'@check\("([^"]+)"', source)}
