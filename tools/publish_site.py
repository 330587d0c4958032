"""`make site`: upload the page and its client to the site bucket of a stack on AWS."""

import argparse
import sys
from pathlib import Path

import boto3

from local import site

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.publish_site")
    parser.add_argument("--stack", required=True, help="the stack's name in CloudFormation")
    stack = parser.parse_args(arguments).stack
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    changes = site.sync(boto3.client("s3"), outputs["SiteBucketName"], ROOT)
    print(f"{changes} files changed: {outputs['Url']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
