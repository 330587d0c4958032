"""Buckets, tables and queues of template.yaml: what they keep, for how long, and from whom."""

import json
import re

import pytest

from tests.template.resources import BUCKETS, RESOURCES, TABLES, every_bucket, every_table, logical_id, of_type


@every_bucket
def test_no_bucket_is_public(name: str) -> None:
    blocked = BUCKETS[name]["PublicAccessBlockConfiguration"]
    assert blocked == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert BUCKETS[name]["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert not BUCKETS[name].keys() & {"AccessControl", "WebsiteConfiguration"}


@every_bucket
def test_each_bucket_is_encrypted(name: str) -> None:
    (rule,) = BUCKETS[name]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")


@pytest.mark.parametrize("name", of_type("AWS::S3::BucketPolicy"))
def test_a_bucket_policy_lets_in_this_distribution_alone(name: str) -> None:
    for written in RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"]:
        statement = written["Fn::If"][1] if "Fn::If" in written else written
        if statement["Effect"] == "Deny":
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            continue
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Action"] == "s3:GetObject"
        assert statement["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Sub"].endswith(
            "distribution/${Distribution}"
        )


def test_a_queue_takes_messages_from_its_own_rule_alone() -> None:
    rules = {}
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        rules[logical_id(statement["Resource"])] = logical_id(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert rules == {"PublishQueue": "FileArrivedRule", "LargeFilesQueue": "LargeFileArrivedRule"}


def test_what_has_not_been_inspected_expires_in_a_day_and_is_gone_a_day_later() -> None:
    (rule,) = BUCKETS["IncomingBucket"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_what_arrives_is_pinned_by_its_version() -> None:
    assert BUCKETS["IncomingBucket"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_is_deleted_leaves_no_version() -> None:
    assert "VersioningConfiguration" not in BUCKETS["AssetsBucket"]


@pytest.mark.parametrize("name", ["AssetsTable", "AssetsBucket"])
def test_what_users_own_outlives_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ["AssetsTable", "AssetsBucket"])
def test_no_parameter_can_replace_or_drop_what_users_own(name: str) -> None:
    # CloudFormation replaces a resource whose name or keys change, and deletes one whose condition turns false: neither
    # can depend on a parameter where nothing in the resource is computed.
    assert "Condition" not in RESOURCES[name]
    assert not re.search(r'"(Ref|Fn::\w+)":', json.dumps(RESOURCES[name]))


@every_table
def test_each_table_can_be_restored_forgets_by_itself_and_grows_by_itself(name: str) -> None:
    assert TABLES[name]["BillingMode"] == "PAY_PER_REQUEST"
    assert TABLES[name]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TABLES[name]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_bucket_takes_a_form_from_whatever_page_has_one() -> None:
    """The page's own among them, whose origin no bucket of the stack can know."""
    (rule,) = RESOURCES["IncomingBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["POST", "PUT"])
    assert {"ETag", "Location"} <= set(rule["ExposedHeaders"])
