"""Alarms that someone can act on, and a dashboard of the functions' metrics."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from asset_api.platform import metrics
from tests.template.cloudformation import ROOT, load
from tests.template.resources import FUNCTIONS, QUEUES, RESOURCES, TABLES

WATCHING = load("observability.yaml")
ALARMS: dict[str, dict[str, Any]] = {
    name: each["Properties"] for name, each in WATCHING["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"
}
# Parameters that the nested stack gets from its parent.
GIVEN = RESOURCES["Observability"]["Properties"]["Parameters"]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD: str = WATCHING["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
RECORDED = set(re.findall(r'_(?:count|record)\("(\w+)"', Path(metrics.__file__).read_text(encoding="utf-8")))
# Only CloudFormation calls the other function, and reports its failures.
WATCHED = {each["CodeUri"].removeprefix("functions/") for each in FUNCTIONS.values()} - {"release"}
DEAD_LETTER_QUEUES = {name for name in QUEUES if name.endswith("DeadLetters")}


def names_in(value: Any) -> set[str]:
    """Find the parameters, and functions by name, that a part of the template refers to."""
    text = json.dumps(value)
    return set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r"\$\{Service\}-([a-z]+)\"", text))


def watching(metric: str) -> set[str]:
    """Return the dimensions that a metric's alarms watch."""
    watched = (alarm for alarm in ALARMS.values() if metric in json.dumps(alarm))
    dimensions = (each for alarm in watched for each in (alarm.get("Dimensions"), alarm.get("Metrics")))
    return set().union(*map(names_in, dimensions))


def sent(text: str) -> str:
    """Resolve a part of the dashboard like CloudFormation."""
    return re.sub(r"\$\{[\w:.]+\}", "a-name", text)


def test_nested_stack_parameters_match_their_resources() -> None:
    assert GIVEN.keys() == WATCHING["Parameters"].keys()
    for name in QUEUES.keys() & GIVEN.keys():
        queue = {"Fn::GetAtt": [name, "QueueName"]}
        condition = RESOURCES[name].get("Condition")
        assert GIVEN[name] == ({"Fn::If": [condition, queue, "none"]} if condition else queue)
    assert GIVEN["HttpApiId"] == {"Ref": "HttpApi"}
    assert GIVEN["Service"] == {"Ref": "AWS::StackName"}


def strings_in(value: Any) -> list[str]:
    if isinstance(value, (dict, list)):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in strings_in(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_is_in_the_runbook(name: str) -> None:
    short_name = ALARMS[name]["AlarmName"]["Fn::Sub"].removeprefix("${Service}-")
    assert f"### `{short_name}`" in RUNBOOK


@pytest.mark.parametrize("name", ALARMS)
def test_alarms_notify_the_topic_and_recover(name: str) -> None:
    for actions in ("AlarmActions", "OKActions"):
        assert "AlarmTopicArn" in names_in(ALARMS[name][actions])


@pytest.mark.parametrize("name", ALARMS)
def test_missing_data_does_not_raise_an_alarm(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


def test_every_dead_letter_queue_is_watched() -> None:
    assert watching("ApproximateNumberOfMessagesVisible") == DEAD_LETTER_QUEUES


def test_every_other_queue_is_watched_by_message_age() -> None:
    assert watching("ApproximateAgeOfOldestMessage") == set(QUEUES) - DEAD_LETTER_QUEUES


def test_every_function_is_watched_for_throttles() -> None:
    assert watching("Throttles") == WATCHED


def test_the_dashboard_is_valid_json() -> None:
    body = json.loads(sent(DASHBOARD))
    boxes = [(widget["x"], widget["y"], widget["width"], widget["height"]) for widget in body["widgets"]]
    assert len(boxes) == len(set(boxes)) >= 8
    assert all(x + width <= 24 for x, _, width, _ in boxes)


def test_the_dashboard_refers_to_existing_resources() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", DASHBOARD)) >= {*QUEUES, "HttpApiId"}
    assert set(re.findall(r"\$\{Service\}-([a-z]+)", DASHBOARD)) == WATCHED


def test_search_expressions_are_valid() -> None:
    searches = re.findall(r"SEARCH\('(.*?)', '", "\n".join(strings_in(json.loads(sent(DASHBOARD)))))
    assert len(searches) >= 3
    for search in searches:
        assert re.fullmatch(r'\{AssetUploadApi(,\w+)+\}( \w+="[\w-]+")+', search)


def test_the_dashboard_shows_every_metric_that_is_recorded() -> None:
    shown = set(re.findall(r'"AssetUploadApi", "(\w+)"', DASHBOARD))
    assert shown | set(re.findall(r'MetricName=\\"(\w+)', DASHBOARD)) == RECORDED


def test_the_runbook_covers_restoring_every_retained_table() -> None:
    kept = {name for name in TABLES if RESOURCES[name].get("DeletionPolicy") != "Delete"}
    assert kept == {"AssetsTable"}
    assert "restore-table-to-point-in-time" in RUNBOOK
