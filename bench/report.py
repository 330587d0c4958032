"""Tables and charts for the documents, and the comparison with bench/budget.toml."""

import argparse
import platform
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.sites import ROOT

Rounds = Mapping[str, Sequence[Mapping[str, Any]]]
# Ratios, named as in bench/budget.toml, and the rows of the table.
Measured = tuple[dict[str, float], list[str]]
# `goal` and `budget`, by the name of a ratio.
Budget = Mapping[str, Mapping[str, float]]
DOCUMENT = ROOT / "docs/performance.md"


def ratios(cold: Rounds, warm: Rounds) -> dict[str, float]:
    """Return the medians of the ratios within each round, named as in bench/budget.toml."""
    medians = {}
    for job in ("form", "list"):
        for other in ("bare", "fastapi"):
            for kind, rounds, figure in (
                ("cold", cold, first_response),
                ("warm", warm, warm_median),
                ("memory", warm, peak),
            ):
                pairs = zip(rounds[job], rounds[f"{job} {other}"], strict=True)
                medians[f"{kind}-{job}-{other}"] = statistics.median(figure(a) / figure(b) for a, b in pairs)
        medians[f"p99-{job}"] = statistics.median(percentile_99(a) / warm_median(a) for a in warm[job])
    return medians


def first_response(measured: Mapping[str, Any]) -> float:
    return float(measured["first_response_cpu_ms"])


def warm_median(measured: Mapping[str, Any]) -> float:
    return float(statistics.median(measured["warm_cpu_ms"]))


def percentile_99(measured: Mapping[str, Any]) -> float:
    return float(statistics.quantiles(measured["warm_cpu_ms"], n=100)[98])


def peak(measured: Mapping[str, Any]) -> float:
    return float(measured["peak_rss_kb"])


def budget(table: str) -> Budget:
    """Read one table of bench/budget.toml."""
    limits: Budget = tomllib.loads((ROOT / "bench/budget.toml").read_text())[table]
    return limits


def over_budget(measured: Mapping[str, float], budget: Budget) -> list[str]:
    """List the figures over budget. Raises KeyError for a budget without a measurement."""
    return [
        f"{name}: {measured[name]:.2f}, budget {entry['budget']:.2f}"
        for name, entry in budget.items()
        if measured[name] > entry["budget"]
    ]


def run(name: str, measure: Callable[[int], Measured], *, description: str | None, header: str, rounds: int) -> int:
    """Run a benchmark that measures in rounds from its command line, and return the exit status.

    Without `--check`, it writes the section `name` of the document. Its budgets are in the table `name`.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing, and exit with 1 if a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=rounds)
    options = parser.parse_args()
    ratios, rows = measure(options.rounds)
    limits = budget(name)
    if not options.check:
        rule = "|" + " --- |" * (header.count("|") - 1)
        table = "\n".join([f"{provenance()}; {options.rounds} rounds.\n", header, rule, *rows])
        replace(name, f"{table}\n\n{ratio_table(ratios, limits)}")
    return exit_status(over_budget(ratios, limits), check=options.check)


def exit_status(exceeded: Sequence[str], *, check: bool) -> int:
    """Print the figures over budget; return 1 if there are any and this is a check."""
    print("\n".join(exceeded) or "All figures are within budget.", file=sys.stderr)
    return 1 if check and exceeded else 0


def write(cold: Rounds, warm: Rounds, budget: Budget) -> None:
    sections = (
        _provenance(cold, warm),
        _cold_table(cold),
        _chart(cold),
        _warm_table(warm),
        ratio_table(ratios(cold, warm), budget),
    )
    replace("measured", "\n\n".join(sections))


def replace(mark: str, text: str, document: Path = DOCUMENT) -> None:
    """Replace the text between the document's markers named `mark`. Raises ValueError if there are none."""
    written = document.read_text()
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    start, stop = written.index(begin) + len(begin), written.index(end)
    document.write_text(f"{written[:start]}\n\n{text}\n\n{written[stop:]}")


def provenance() -> str:
    """Describe the measured commit, the Python version and the platform."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    return f"Commit {commit}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _provenance(cold: Rounds, warm: Rounds) -> str:
    return (
        f"{provenance()}; {len(cold['form'])} cold rounds, {len(warm['form'])} warm rounds of "
        f"{len(warm['form'][0]['warm_cpu_ms'])} invocations."
    )


def _cold_table(cold: Rounds) -> str:
    lines = [
        "| cold | CPU at import, ms | CPU at first response, ms | time to first response, ms | modules |",
        "|" + " --- |" * 5,
    ]
    for name, rounds in cold.items():
        figures = [
            statistics.median(each[figure] for each in rounds)
            for figure in ("import_cpu_ms", "first_response_cpu_ms", "first_response_wall_ms")
        ]
        modules = len(rounds[0]["modules_at_first_response"])
        lines.append(f"| {name} | {' | '.join(f'{figure:.0f}' for figure in figures)} | {modules} |")
    return "\n".join(lines)


def _chart(cold: Rounds) -> str:
    names = ", ".join(f'"{name}"' for name in cold)
    values = ", ".join(f"{statistics.median(map(first_response, rounds)):.0f}" for rounds in cold.values())
    return (
        "```mermaid\nxychart-beta horizontal\n"
        f'  title "CPU at first response, ms"\n  x-axis [{names}]\n  bar [{values}]\n```'
    )


def _warm_table(warm: Rounds) -> str:
    lines = ["| warm | CPU p50, ms | CPU p99, ms | peak memory, MB |", "|" + " --- |" * 4]
    for name, rounds in warm.items():
        p50, p99, memory = (statistics.median(map(figure, rounds)) for figure in (warm_median, percentile_99, peak))
        lines.append(f"| {name} | {p50:.2f} | {p99:.2f} | {memory / 1024:.1f} |")
    return "\n".join(lines)


def ratio_table(measured: Mapping[str, float], budget: Budget) -> str:
    lines = ["| ratio | measured | goal | budget |", "|" + " --- |" * 4]
    for name, ratio in measured.items():
        entry = budget.get(name, {})
        limits = (f"{entry[limit]:.2f}" if limit in entry else "" for limit in ("goal", "budget"))
        lines.append(f"| {name} | {ratio:.2f} | {' | '.join(limits)} |")
    return "\n".join(lines)
