"""Guides: the errors and prices that they quote are current."""

import re
from pathlib import Path

import pytest

from tests.template.cloudformation import ROOT
from tools import guide_examples
from tools.cost import prices
from tools.cost.teams import TEAMS, monitoring_dollars, standing_dollars, supabase_dollars, uploadcare_dollars

_DETAIL = re.compile(r'"detail": "((?:[^"\\]|\\.)*)"')
ERRORS = sorted(set(_DETAIL.findall((ROOT / "web/api/v2/openapi.json").read_text(encoding="utf-8"))))
TROUBLESHOOTING = (ROOT / "docs" / "guides" / "troubleshooting.md").read_text(encoding="utf-8")
COMPARISONS = [ROOT / "README.md", ROOT / "docs" / "comparison.md"]


@pytest.mark.parametrize("detail", ERRORS)
def test_troubleshooting_lists_every_error_message(detail: str) -> None:
    text = re.split(r"[:;,]|\d", detail)[0]
    is_of_a_field = re.fullmatch(r"[a-z_.]+", text)
    assert ("filename: Field required" if is_of_a_field else text.strip()) in TROUBLESHOOTING


@pytest.mark.parametrize("document", COMPARISONS, ids=lambda path: path.name)
def test_prices_match_the_cost_page(document: Path) -> None:
    (team,) = (each for each in TEAMS if each.uploads == 100_000)
    bill = team.bill
    by_hand = bill["stored bytes"] + bill["served bytes"] + team.uploads * prices.S3_PUT.dollars
    text = document.read_text(encoding="utf-8")
    shown = [float(amount) for amount in re.findall(r"\$(\d+)", text.partition("100,000 uploads")[2])][:4]
    for dollars in (sum(bill.values()), supabase_dollars(team), uploadcare_dollars(team), by_hand):
        assert dollars
        assert any(abs(dollars / amount - 1) < 0.04 for amount in shown), (dollars, shown)


@pytest.mark.parametrize("document", ["docs/operations.md", "docs/guides/deploy.md", "template.yaml"])
def test_guides_and_template_state_the_price_of_monitoring(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert f"about ${sum(monitoring_dollars().values()):.0f} a month" in text


def test_the_readme_states_the_price_of_an_idle_stack() -> None:
    assert f"about {sum(standing_dollars().values()) * 10:.0f}0 cents" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("guide", guide_examples.GUIDES, ids=lambda path: path.name)
def test_examples_are_visible_in_plain_markdown(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    assert text == guide_examples.with_examples(text)
    assert "literalinclude" not in text  # only Sphinx resolves it


def test_a_changed_example_is_detected() -> None:
    old = "before\n<!-- examples/webhooks/receiver.mjs -->\n```javascript\nold\n```\nafter\n"
    new = guide_examples.with_examples(old)
    assert new.startswith("before\n<!--")
    assert new.endswith("\n```\nafter\n")
    assert (ROOT / "examples/webhooks/receiver.mjs").read_text() in new


def quoted_messages(section: str) -> list[str]:
    """List the messages in the first column of a section of troubleshooting.md, where `…` stands for any text."""
    _, _, text = TROUBLESHOOTING.partition(f"\n## {section}\n")
    cells = re.findall(r"^\| (``.*?``|`.*?`(?:[^|`]*`[^`|]*`)*)[^|]* \|", text.partition("\n## ")[0], re.MULTILINE)
    messages = [part for cell in cells for part in re.findall(r"``(.*?)``|`([^`]+)`", cell)]
    return [(double or single).strip() for double, single in messages if (double or single) != "detail"]


SOURCES = [*ROOT.glob("layers/core/asset_api/**/*.py"), *ROOT.glob("local/*.py"), ROOT / "tools/set-up.sh"]


@pytest.mark.parametrize("message", [*quoted_messages("From the API"), *quoted_messages("On your machine")])
def test_quoted_messages_match_the_code(message: str) -> None:
    code = "\n".join([*ERRORS, *(path.read_text(encoding="utf-8") for path in SOURCES)])
    parts = [re.escape(part.strip()) for part in message.split("…") if part.strip()]
    assert re.search(".{0,80}".join(parts), code)


def test_the_local_stacks_messages_are_among_those_checked() -> None:
    assert any("is taken by another `make run`" in message for message in quoted_messages("On your machine"))
    assert len(quoted_messages("From the API")) > 25
