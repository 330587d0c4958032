"""Each permission of the template is shown to be needed, or has a reason why that cannot be shown."""

from tests.faults.permissions import NEEDED_FOR, not_shown
from tests.template.cloudformation import as_list, load


def test_every_permission_is_proved_needed_or_has_a_reason() -> None:
    granted = {
        (name, statement["Sid"], action)
        for name, resource in load()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    assert NEEDED_FOR.keys() <= granted
    assert {each for each in granted if not_shown(*each) is None} == NEEDED_FOR.keys()
