"""Write template.yaml, processed by the SAM transform, to a JSON file for checkov.

Functions, permissions and event sources become separate resources, which checkov understands. Makes no calls to AWS.
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
    """A stub for SAM's lookup of managed policies, none of which this template uses."""

    def load(self) -> dict[str, str]:
        return {}


def processed() -> dict[str, Any]:
    """Return template.yaml after the SAM transform, with default parameters."""
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
