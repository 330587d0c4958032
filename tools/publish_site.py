"""Puts `web/` into the site bucket of a stack on AWS, as `make run` does for the local one: `make site`."""

import argparse
import sys
from pathlib import Path

import boto3

from local import site

WEB = Path(__file__).resolve().parent.parent / "web"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.publish_site")
    parser.add_argument("--stack", required=True, help="the stack's name in CloudFormation")
    stack = parser.parse_args(arguments).stack
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    changes = site.sync(boto3.client("s3"), outputs["SiteBucketName"], WEB)
    print(f"{changes} files changed: {outputs['Url']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
