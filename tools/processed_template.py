"""Writes what CloudFormation makes of template.yaml, as JSON, to the file that is named: every function, permission and
event source as resources of their own, which is what checkov understands. Nothing is asked of AWS.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"


class _NoManagedPolicies:
    """AWS's managed policies by name, which SAM otherwise asks IAM for: this template uses none."""

    def load(self) -> dict[str, str]:
        return {}


def processed() -> dict[str, Any]:
    """template.yaml after the SAM transform, with its parameters' defaults."""
    parsed = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    validator = SamTemplateValidator(parsed, _NoManagedPolicies(), region="us-east-1")
    template: dict[str, Any] = yaml_parse(validator.get_translated_template_if_valid())
    return template


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    output: Path = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(processed(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
