"""Alarms that someone can act on, and a dashboard of what the functions count."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from asset_api.platform import metrics
from tests.template.cloudformation import ROOT
from tests.template.test_template import FUNCTIONS, QUEUES, RESOURCES, TABLES, of_type

ALARMS = of_type("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
RECORDED = set(re.findall(r'_(?:count|record)\("(\w+)"', Path(metrics.__file__).read_text(encoding="utf-8")))
# CloudFormation alone calls the other, and tells what became of it.
WATCHED = FUNCTIONS.keys() - {"ReleaseFunction"}
DEAD_LETTER_QUEUES = {name for name in QUEUES if name.endswith("DeadLetters")}


def names_in(value: Any) -> set[str]:
    """Logical ids that a part of the template refers to."""
    return set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(value)))


def watching(metric: str) -> set[str]:
    """What the alarms on a metric look at."""
    watched = (alarm for alarm in ALARMS.values() if metric in json.dumps(alarm))
    return set().union(*(names_in(alarm) for alarm in watched)) - {"AlarmTopicArn", "AWS"}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_an_entry_in_the_runbook(name: str) -> None:
    short_name = ALARMS[name]["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
    assert f"### `{short_name}`" in RUNBOOK


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_reaches_the_topic_and_says_when_it_is_over(name: str) -> None:
    for actions in ("AlarmActions", "OKActions"):
        assert "AlarmTopicArn" in names_in(ALARMS[name][actions])


@pytest.mark.parametrize("name", ALARMS)
def test_a_quiet_service_is_a_healthy_one(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


def test_every_dead_letter_queue_is_watched() -> None:
    assert watching("ApproximateNumberOfMessagesVisible") == DEAD_LETTER_QUEUES


def test_every_other_queue_is_watched_for_its_age() -> None:
    assert watching("ApproximateAgeOfOldestMessage") == set(QUEUES) - DEAD_LETTER_QUEUES


def test_every_function_is_watched_for_throttles() -> None:
    assert watching("Throttles") == WATCHED


def test_the_dashboard_is_json_once_its_names_are_put_in() -> None:
    body = json.loads(re.sub(r"\$\{[\w:.]+\}", "a-name", DASHBOARD))
    boxes = [(widget["x"], widget["y"], widget["width"], widget["height"]) for widget in body["widgets"]]
    assert len(boxes) == len(set(boxes)) >= 8
    assert all(x + width <= 24 for x, _, width, _ in boxes)


def test_the_dashboard_names_what_there_is() -> None:
    named = {name.partition(".")[0] for name in re.findall(r"\$\{(\w+(?:\.\w+)?)\}", DASHBOARD)}
    assert named <= set(RESOURCES)
    assert named >= {*WATCHED, *QUEUES, "HttpApi"}


def test_the_dashboard_shows_every_metric_that_is_recorded() -> None:
    shown = set(re.findall(r'"AssetUploadApi", "(\w+)"', DASHBOARD)) | set(
        re.findall(r'MetricName=\\\\\\"(\w+)', DASHBOARD)
    )
    assert shown == RECORDED


def test_the_runbook_tells_how_to_restore_every_table_that_is_kept() -> None:
    kept = {name for name in TABLES if RESOURCES[name].get("DeletionPolicy") != "Delete"}
    assert kept == {"AssetsTable"}
    assert "restore-table-to-point-in-time" in RUNBOOK
