"""The functions that a person waits for are called by a published version, which must never be an old one."""

import json
import re
from typing import Any

import pytest

from tests.template.resources import FUNCTIONS, RESOURCES, TEMPLATE, events

RELEASED = {name for name in FUNCTIONS if "AutoPublishAlias" in FUNCTIONS[name]}
RELEASE = {"Fn::GetAtt": ["Release", "Id"]}
# What makes no difference to what a version does, or is not the version's own.
NOT_OF_A_VERSION = {"Events", "FunctionName", "LoggingConfig", "Role", "VersionDescription"}
every_released_function = pytest.mark.parametrize("name", sorted(RELEASED))


def names_in(value: Any) -> set[str]:
    """Parameters and resources that a part of the template depends on, those of its conditions among them."""
    text = json.dumps(value)
    names = set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"([\w:]+)"', text))
    for condition in re.findall(r'"Fn::If": \["(\w+)"', text):
        names |= names_in(TEMPLATE["Conditions"][condition])
    return {name for name in names if not name.startswith("AWS::")}


def test_whoever_a_person_waits_for_is_called_by_its_alias() -> None:
    # Renditions are asked for once, and nothing that a parameter changes is in what makes them.
    answers_people = {name for name in FUNCTIONS if events(name, "HttpApi")} - {
        "WebhookFunction",
        "RenditionsFunction",
        "FramesFunction",
    }
    assert answers_people == RELEASED


@every_released_function
def test_a_new_set_of_settings_makes_a_new_version(name: str) -> None:
    function = FUNCTIONS[name]
    # Another description makes another version, of which Lambda wants that the function has changed, too.
    assert function["VersionDescription"] == RELEASE
    assert function["Environment"]["Variables"]["RELEASE"] == RELEASE
    assert function["AutoPublishAliasAllProperties"] is True


@every_released_function
def test_every_setting_that_a_version_has_is_one_of_the_releases(name: str) -> None:
    settings = {key: value for key, value in FUNCTIONS[name].items() if key not in NOT_OF_A_VERSION}
    settings["of every function"] = TEMPLATE["Globals"]["Function"]
    assert names_in(settings) - {"Release"} <= names_in(RESOURCES["Release"]["Properties"])


@every_released_function
def test_an_old_version_and_its_snapshot_are_not_kept(name: str) -> None:
    assert FUNCTIONS[name]["VersionDeletionPolicy"] == "Delete"


@every_released_function
def test_snapshots_are_taken_only_where_they_are_asked_for(name: str) -> None:
    assert FUNCTIONS[name]["SnapStart"] == {"ApplyOn": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}}
    assert TEMPLATE["Parameters"]["SnapStart"]["Default"] == "false"


def test_who_names_releases_is_not_given_what_the_others_are() -> None:
    assert RESOURCES["ReleaseFunction"]["IgnoreGlobals"] == ["Layers", "Environment"]


def test_a_release_that_cannot_be_named_does_not_hold_a_deployment_up_for_an_hour() -> None:
    assert RESOURCES["Release"]["Properties"]["ServiceTimeout"] <= 60
