"""Interactive functions are invoked by a published version, which must always be the current one."""

import json
import re
from typing import Any

import pytest

from tests.template.resources import FUNCTIONS, RESOURCES, TEMPLATE, events

RELEASED = {name for name in FUNCTIONS if "AutoPublishAlias" in FUNCTIONS[name]}
RELEASE = {"Fn::GetAtt": ["Release", "Id"]}
# Settings that do not change a version's behavior, or do not belong to it.
NOT_OF_A_VERSION = {"Events", "FunctionName", "LoggingConfig", "Role", "VersionDescription"}
every_released_function = pytest.mark.parametrize("name", sorted(RELEASED))


def names_in(value: Any) -> set[str]:
    """Find the parameters and resources that a part of the template depends on, including those of its conditions."""
    text = json.dumps(value)
    names = set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"([\w:]+)"', text))
    for condition in re.findall(r'"Fn::If": \["(\w+)"', text):
        names |= names_in(TEMPLATE["Conditions"][condition])
    return {name for name in names if not name.startswith("AWS::")}


def test_interactive_functions_are_invoked_through_their_alias() -> None:
    # Renditions are requested once, and no parameter changes their function.
    serves_clients = {name for name in FUNCTIONS if events(name, "HttpApi")} - {
        "WebhookFunction",
        "RenditionsFunction",
        "FramesFunction",
    }
    assert serves_clients == RELEASED


@every_released_function
def test_changed_settings_publish_a_new_version(name: str) -> None:
    function = FUNCTIONS[name]
    # A new description makes a new version, for which Lambda requires a change of the function, too.
    assert function["VersionDescription"] == RELEASE
    assert function["Environment"]["Variables"]["RELEASE"] == RELEASE
    assert function["AutoPublishAliasAllProperties"] is True


@every_released_function
def test_every_setting_of_a_version_is_part_of_the_release(name: str) -> None:
    settings = {key: value for key, value in FUNCTIONS[name].items() if key not in NOT_OF_A_VERSION}
    settings["of every function"] = TEMPLATE["Globals"]["Function"]
    assert names_in(settings) - {"Release"} <= names_in(RESOURCES["Release"]["Properties"])


@every_released_function
def test_old_versions_and_their_snapshots_are_deleted(name: str) -> None:
    assert FUNCTIONS[name]["VersionDeletionPolicy"] == "Delete"


@every_released_function
def test_snapshots_are_taken_only_if_configured(name: str) -> None:
    assert FUNCTIONS[name]["SnapStart"] == {"ApplyOn": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}}
    assert TEMPLATE["Parameters"]["SnapStart"]["Default"] == "false"


def test_the_release_function_has_no_globals() -> None:
    assert RESOURCES["ReleaseFunction"]["IgnoreGlobals"] == ["Layers", "Environment"]


def test_a_failed_release_does_not_block_a_deployment_for_an_hour() -> None:
    assert RESOURCES["Release"]["Properties"]["ServiceTimeout"] <= 60
