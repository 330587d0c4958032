"""Functions of template.yaml: roles, timeouts, and event sources."""

import json
import re
from datetime import timedelta
from fnmatch import fnmatchcase

import pytest

from asset_api.assets.asset import VISIBILITIES
from asset_api.assets.public_urls import object_key
from asset_api.jobs import job_states
from asset_api.publishing import changing, deferred_publication
from asset_api.publishing.arrival_events import LONGEST_PUBLICATION
from asset_api.renditions.leases import LEASE_SECONDS
from tests.template.cloudformation import ROOT, as_list
from tests.template.resources import (
    BUCKETS,
    COLD_START_SECONDS,
    FUNCTIONS,
    QUEUES,
    RESOURCES,
    TABLES,
    TEMPLATE,
    actions,
    events,
    every_function,
    logical_id,
    role_of,
    statements,
)

# The operations that each function calls. Add new functions here.
NEEDED = {
    "UploadFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion"),
        *("s3:ListBucket", "s3:PutObject"),
    },
    "PartsFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        *("s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"),
    },
    "AssembleFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"),
        *("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"),
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "ListFunction": {"dynamodb:GetItem", "dynamodb:Query"},
    "DeleteFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions"),
    },
    "ChangeFunction": {
        *("dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
        "s3:ListBucketMultipartUploads",
    },
    "PublishFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"),
        *("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "PurgeFunction": {
        *("cloudfront:CreateInvalidation", "sqs:SendMessage"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"),
        *("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"),
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    },
    "RenditionsFunction": {
        *("dynamodb:DeleteItem", "dynamodb:UpdateItem", "sqs:SendMessage"),
        *("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    },
    "FramesFunction": {
        *("dynamodb:DeleteItem", "dynamodb:UpdateItem", "sqs:SendMessage"),
        *("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    },
    "DispatchFunction": {
        *("lambda:InvokeFunction", "sqs:SendMessage"),
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    },
    "NotifyFunction": {
        *("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "GenerateFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("lambda:InvokeFunction", "s3:GetObject", "s3:ListBucket"),
        *("sqs:SendMessage",),
    },
    "WebhookFunction": {"sqs:SendMessage"},
    "IngestFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"),
        *("s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject"),
        *("s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"),
    },
    "ReleaseFunction": set(),
    "ReconcileFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
        "s3:ListBucketMultipartUploads",
        "sqs:SendMessage",
    },
}


def test_every_folder_of_functions_is_a_function() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {each["CodeUri"] for each in FUNCTIONS.values()} == {f"functions/{name}" for name in folders}
    for name, each in FUNCTIONS.items():
        folder = each["CodeUri"].removeprefix("functions/")
        assert name == f"{folder.title()}Function"
        assert each["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{folder}"}


@every_function
def test_functions_contain_only_source(name: str) -> None:
    assert RESOURCES[name]["Metadata"] == {"SkipBuild": True}


@every_function
def test_each_function_has_its_own_role(name: str) -> None:
    roles = [logical_id(each["Role"]) for each in FUNCTIONS.values()]
    assert roles.count(logical_id(FUNCTIONS[name]["Role"])) == 1
    assert "ManagedPolicyArns" not in role_of(name)


@pytest.mark.parametrize("name", NEEDED)
def test_each_role_allows_exactly_the_operations_used(name: str) -> None:
    assert actions(name) == {"logs:CreateLogStream", "logs:PutLogEvents"} | NEEDED[name]


@every_function
def test_no_role_allows_wildcards(name: str) -> None:
    for statement in statements(name):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in as_list(statement["Action"]))
        assert "*" not in as_list(statement["Resource"])
        assert not statement.keys() & {"NotAction", "NotResource"}


@every_function
def test_roles_reach_objects_only_under_their_prefix(name: str) -> None:
    for statement in statements(name):
        if any(re.fullmatch(r"s3:\w+Object(Version)?", action) for action in as_list(statement["Action"])):
            for resource in as_list(statement["Resource"]):
                assert re.search(
                    r"Arn\}/(uploads|generated|api/v2/assets)/\*(/\*\.(webp|jpg|png))?$", resource["Fn::Sub"]
                )


@every_function
def test_log_groups_have_a_retention_period(name: str) -> None:
    group = RESOURCES[logical_id(FUNCTIONS[name]["LoggingConfig"]["LogGroup"])]["Properties"]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionInDays"}
    assert group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + FUNCTIONS[name]["FunctionName"]["Fn::Sub"]
    (own,) = (each for each in statements(name) if each["Sid"] == "WriteLogs")
    assert logical_id(own["Resource"]) == logical_id(FUNCTIONS[name]["LoggingConfig"]["LogGroup"])


@every_function
def test_api_functions_time_out_before_api_gateway(name: str) -> None:
    if events(name, "HttpApi"):
        assert FUNCTIONS[name]["Timeout"] <= 28


@every_function
def test_visibility_timeouts_exceed_function_timeouts(name: str) -> None:
    """Lambda's guide recommends six times the timeout, for retries of throttled invocations ("Configuring a queue to
    use with Lambda"). With a MaximumConcurrency, Lambda receives no more messages than it can process."""
    for event in events(name, "SQS"):
        longest = FUNCTIONS[name]["Timeout"] + COLD_START_SECONDS
        assert QUEUES[logical_id(event["Queue"])]["VisibilityTimeout"] > longest
        assert event["ScalingConfig"]["MaximumConcurrency"]
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@every_function
def test_slow_messages_are_in_batches_of_one(name: str) -> None:
    assert all(event["BatchSize"] == 1 for event in events(name, "SQS"))


def test_a_crashed_publication_is_retried_within_a_minute() -> None:
    queue = QUEUES["PublishQueue"]
    assert queue["DelaySeconds"] + queue["VisibilityTimeout"] <= 60
    # An outage of a quarter of an hour leaves no dead letters.
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= 15 * 60


@pytest.mark.parametrize("name", ["RenditionsFunction", "FramesFunction"])
def test_a_lease_outlasts_the_renditions_function(name: str) -> None:
    assert FUNCTIONS[name]["Timeout"] + 2 < LEASE_SECONDS


@pytest.mark.parametrize("name", ["RenditionsFunction", "FramesFunction"])
def test_decoding_functions_may_write_only_renditions_and_thumbhashes(name: str) -> None:
    by_sid = {each["Sid"]: each for each in statements(name)}
    stored = [each["Fn::Sub"].rpartition("/api/v2/assets/")[2] for each in by_sid["StoreRenditions"]["Resource"]]
    assert stored == ["*/*.webp", "*/*.jpg", "*/*.png"]
    assert not any(fnmatchcase(object_key("id", each), f"*/{pattern}") for each in VISIBILITIES for pattern in stored)
    leases, facts = by_sid["HoldLeases"]["Condition"], by_sid["RecordFacts"]["Condition"]
    assert leases == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rendition#*"]}}
    assert facts["ForAllValues:StringEquals"]["dynamodb:Attributes"] == ["owner", "sk", "thumbhash", "rendition_error"]


@pytest.mark.parametrize("name", ["PublishFunction", "UploadFunction"])
def test_a_publication_ends_within_the_assumed_longest_time(name: str) -> None:
    assert timedelta(seconds=FUNCTIONS[name]["Timeout"]) <= LONGEST_PUBLICATION
    assert timedelta(seconds=QUEUES["PublishQueue"]["VisibilityTimeout"]) > LONGEST_PUBLICATION


@pytest.mark.parametrize(
    ("names", "seconds"),
    [
        (("ChangeFunction", "UploadFunction", "PartsFunction", "PublishFunction"), changing.REQUEST_SECONDS),
        (("ReconcileFunction",), changing.UPKEEP_SECONDS),
        (("AssembleFunction", "IngestFunction"), changing.SLOW_PUBLICATION_SECONDS),
    ],
)
def test_no_function_that_moves_bytes_outlives_its_registration(names: tuple[str, ...], seconds: int) -> None:
    for name in names:
        assert FUNCTIONS[name]["Timeout"] + 10 <= seconds


def test_large_file_attempts_and_timeouts_match_the_code() -> None:
    assert QUEUES["LargeFilesQueue"]["RedrivePolicy"]["maxReceiveCount"] == deferred_publication.ATTEMPTS
    assert QUEUES["LargeFilesQueue"]["MessageRetentionPeriod"] == deferred_publication.EVENT_KEPT_SECONDS
    assert FUNCTIONS["AssembleFunction"]["Timeout"] <= deferred_publication.LONGEST_ATTEMPT_SECONDS
    assert QUEUES["LargeFilesQueue"]["VisibilityTimeout"] > deferred_publication.LONGEST_ATTEMPT_SECONDS


@every_function
def test_failed_events_are_kept_in_dead_letter_queues(name: str) -> None:
    for event in events(name, "SQS"):
        redrive = QUEUES[logical_id(event["Queue"])]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] >= 5
        assert QUEUES[logical_id(redrive["deadLetterTargetArn"])]["MessageRetentionPeriod"] == 14 * 24 * 3600
    for event in events(name, "DynamoDB"):
        target = QUEUES[logical_id(event["DestinationConfig"]["OnFailure"]["Destination"])]
        assert target["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert event["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize("name", QUEUES)
def test_each_queue_is_encrypted(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True


def test_purge_receives_only_tombstones_and_applied_changes() -> None:
    (event,) = events("PurgeFunction", "DynamoDB")
    deleted, changed = (json.loads(each["Pattern"]) for each in event["FilterCriteria"]["Filters"])
    assert deleted == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "tombstone#"}]}}},
    }
    assert changed == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {
            "Keys": {"sk": {"S": [{"prefix": "change#"}]}},
            "NewImage": {"applied": {"S": [{"exists": True}]}},
        },
    }


def test_dispatch_receives_only_records_that_are_events() -> None:
    (event,) = events("DispatchFunction", "DynamoDB")
    new, ended = (json.loads(each["Pattern"]) for each in event["FilterCriteria"]["Filters"])
    prefixes = [{"prefix": prefix} for prefix in ("asset#", "tombstone#", "refusal#")]
    assert new == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": prefixes}}}}
    assert ended == {
        "eventName": ["MODIFY"],
        "dynamodb": {
            "Keys": {"sk": {"S": [{"prefix": "job#"}]}},
            "OldImage": {"status": {"S": list(job_states.IN_FLIGHT)}},
            "NewImage": {"status": {"S": list(job_states.ENDED)}},
        },
    }
    assert TABLES["AssetsTable"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_a_failing_record_is_isolated_from_its_batch() -> None:
    (event,) = events("DispatchFunction", "DynamoDB")
    assert event["BisectBatchOnFunctionError"] is True


def test_the_stream_has_at_most_two_consumers() -> None:
    """Two per shard: "Reading and processing a stream", Amazon DynamoDB Developer Guide."""
    assert sum(len(events(name, "DynamoDB")) for name in FUNCTIONS) <= 2


def test_every_uploaded_file_triggers_a_publication() -> None:
    rule = RESOURCES["FileArrivedRule"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "IncomingBucket"}]},
            "object": {"size": [{"numeric": ["<=", deferred_publication.REQUEST_MAX_BYTES]}]},
        },
    }
    assert [logical_id(target["Arn"]) for target in rule["Targets"]] == ["PublishQueue"]
    large = RESOURCES["LargeFileArrivedRule"]["Properties"]
    assert large["EventPattern"]["detail"]["object"]["size"] == [
        {"numeric": [">", deferred_publication.REQUEST_MAX_BYTES]}
    ]
    assert [logical_id(target["Arn"]) for target in large["Targets"]] == ["LargeFilesQueue"]
    assert BUCKETS["IncomingBucket"]["NotificationConfiguration"]["EventBridgeConfiguration"] == {
        "EventBridgeEnabled": True
    }


def test_events_are_delayed_to_let_clients_complete() -> None:
    assert 1 <= QUEUES["PublishQueue"]["DelaySeconds"] <= 5


def test_secret_parameters_have_no_echo() -> None:
    assert TEMPLATE["Parameters"]["JwtSecrets"]["NoEcho"] is True
