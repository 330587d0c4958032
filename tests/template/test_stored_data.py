"""Buckets, tables and queues of template.yaml: retention, access, encryption."""

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
def test_bucket_policies_admit_only_this_distribution(name: str) -> None:
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


def test_queues_accept_messages_only_from_their_rule() -> None:
    rules = {}
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        rules[logical_id(statement["Resource"])] = logical_id(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert rules == {"PublishQueue": "FileArrivedRule", "LargeFilesQueue": "LargeFileArrivedRule"}


def test_uninspected_uploads_expire_in_a_day() -> None:
    (rule,) = BUCKETS["IncomingBucket"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_the_incoming_bucket_is_versioned() -> None:
    assert BUCKETS["IncomingBucket"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_assets_bucket_keeps_no_old_versions() -> None:
    assert "VersioningConfiguration" not in BUCKETS["AssetsBucket"]


@pytest.mark.parametrize("name", ["AssetsTable", "AssetsBucket"])
def test_user_data_is_retained_with_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ["AssetsTable", "AssetsBucket"])
def test_no_parameter_can_replace_or_delete_user_data(name: str) -> None:
    # CloudFormation replaces a resource if its name or keys change, and deletes it if its condition turns false.
    # Neither can depend on a parameter if nothing in the resource is computed.
    assert "Condition" not in RESOURCES[name]
    assert not re.search(r'"(Ref|Fn::\w+)":', json.dumps(RESOURCES[name]))


@every_table
def test_tables_have_backups_ttl_and_on_demand_capacity(name: str) -> None:
    assert TABLES[name]["BillingMode"] == "PAY_PER_REQUEST"
    assert TABLES[name]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TABLES[name]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_bucket_accepts_forms_from_any_origin() -> None:
    """Including the stack's own page, whose origin no bucket of the stack can know."""
    (rule,) = RESOURCES["IncomingBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["POST", "PUT"])
    assert {"ETag", "Location"} <= set(rule["ExposedHeaders"])
