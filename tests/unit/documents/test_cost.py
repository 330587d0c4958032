"""The arithmetic of docs/cost.md, computed by hand; the page is up to date."""

import pytest

from tests.template.cloudformation import load
from tools.cost import prices
from tools.cost.__main__ import TARGET, page
from tools.cost.abuse import abuses
from tools.cost.operations import OPERATIONS, Call, Operation
from tools.cost.teams import (
    ALARM_METRICS,
    POLLED_QUEUES,
    Team,
    cloudinary_dollars,
    served_dollars,
    standing_dollars,
    supabase_dollars,
    uploadcare_dollars,
)


@pytest.mark.parametrize(
    ("call", "dollars_a_million"),
    [
        (Call("UpdateItem", 1), 0.625),
        (Call("TransactWriteItems", 2), 2.5),
        (Call("GetItem", 1), 0.125),
        (Call("BatchGetItem", 2), 0.25),
        (Call("Query", 51), 0.5),
        (Call("Query", 1), 0.125),
        (Call("GetObject"), 0.4),
        (Call("CopyObject"), 5.0),
        (Call("DeleteObject"), 0.0),
    ],
)
def test_the_price_of_a_call_is_the_sum_of_its_units(call: Call, dollars_a_million: float) -> None:
    assert call.dollars * 1e6 == pytest.approx(dollars_a_million)


def test_a_call_without_a_price_is_an_error() -> None:
    with pytest.raises(ValueError, match="Scan"):
        _ = Call("Scan", 1).dollars


@pytest.mark.parametrize(("memory_mb", "milliseconds"), [(128, 5 + 10 * 1769 / 128), (1769, 15), (3538, 15)])
def test_duration_shrinks_with_memory_up_to_one_vcpu(memory_mb: int, milliseconds: float) -> None:
    operation = Operation("one", "f", 128, (Call("GetItem", 1),), 10)
    assert operation.duration_ms(memory_mb) == pytest.approx(milliseconds)


def test_compute_is_billed_by_started_milliseconds() -> None:
    operation = Operation("one", "f", 1024, (), 0.1)
    assert operation.compute_dollars(1024) == pytest.approx(0.0000002 + 0.001 * 0.0000133334)


@pytest.mark.parametrize(
    ("gigabytes", "dollars"),
    [(0, 0), (1000, 0), (1001, 0.085), (10_000, 765), (50_000, 765 + 3200), (150_000, 765 + 3200 + 6000)],
)
def test_served_bytes_are_billed_by_tier(gigabytes: float, dollars: float) -> None:
    assert served_dollars(gigabytes) == pytest.approx(dollars)


def test_tiers_are_in_ascending_order() -> None:
    ends, rates = zip(*prices.CDN_TIERS, strict=True)
    assert list(ends) == sorted(ends)
    assert list(rates[1:]) == sorted(rates[1:], reverse=True)


@pytest.mark.parametrize(
    ("uploads", "supabase", "cloudinary", "uploadcare"),
    [
        (100, 25, 0, 0),
        (1_000, 25, 99, 66),
        (100_000, 25 + 2060 * 0.021 + 1750 * 0.09, None, 166),
        (1_000_000, 25 + 21500 * 0.021 + 19750 * 0.09, None, None),
    ],
)
def test_hosted_services_are_priced_by_their_price_lists(
    uploads: float, supabase: float, cloudinary: float | None, uploadcare: float | None
) -> None:
    team = Team("one", uploads)
    assert supabase_dollars(team) == pytest.approx(supabase)
    assert cloudinary_dollars(team) == cloudinary
    assert uploadcare_dollars(team) == uploadcare


def test_functions_have_the_memory_stated_on_the_page() -> None:
    template = load()
    default = template["Globals"]["Function"]["MemorySize"]
    for operation in OPERATIONS.values():
        function = template["Resources"][f"{operation.function.title()}Function"]["Properties"]
        assert operation.memory_mb == function.get("MemorySize", default)


def test_an_idle_stack_costs_less_than_a_dollar_a_month() -> None:
    assert 0 < sum(standing_dollars().values()) < 1


def test_counted_resources_match_the_templates() -> None:
    # Without resources that only deployments for large files have.
    resources = [each for each in load()["Resources"].values() if each.get("Condition") != "TakesLargeFiles"]
    functions = [each["Properties"] for each in resources if "CodeUri" in each["Properties"]]
    events = [event["Type"] for function in functions for event in function.get("Events", {}).values()]
    assert events.count("SQS") == POLLED_QUEUES
    assert events.count("Schedule") == 1
    watching = load("observability.yaml")["Resources"].values()
    always = [each for each in watching if each.get("Condition") != "TakesLargeFiles"]
    alarms = [each["Properties"] for each in always if each["Type"] == "AWS::CloudWatch::Alarm"]
    metrics = [sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms]
    assert sum(metrics) == ALARM_METRICS


def test_one_caller_costs_at_most_a_hundred_dollars_a_day() -> None:
    assert all(0 < abuse.dollars < 100 for abuse in abuses())


def test_the_page_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == page()
