"""Rules that template.yaml keeps, whatever is added to it."""

import json
import re
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

import pytest

from asset_api.assets.asset import VISIBILITIES
from asset_api.assets.public_urls import object_key
from asset_api.jobs import job_states
from asset_api.publishing import later
from asset_api.publishing.arrival_events import LONGEST_PUBLICATION
from asset_api.renditions.leases import LEASE_SECONDS
from tests.template.cloudformation import ROOT, as_list, load

TEMPLATE = load()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(resource_type: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == resource_type}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
TABLES = of_type("AWS::DynamoDB::Table")
BUCKETS = of_type("AWS::S3::Bucket")
DISTRIBUTION = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
BEHAVIORS = {each["PathPattern"]: each for each in DISTRIBUTION["CacheBehaviors"]}

# The Init phase, which a function's time-out does not count: "Lambda execution environment lifecycle".
COLD_START_SECONDS = 10

every_function = pytest.mark.parametrize("name", FUNCTIONS)
every_bucket = pytest.mark.parametrize("name", BUCKETS)
every_table = pytest.mark.parametrize("name", TABLES)


def logical_id(reference: Any) -> str:
    """The resource that a !Ref or a !GetAtt names."""
    return str(reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0])


def role_of(function: str) -> dict[str, Any]:
    role: dict[str, Any] = RESOURCES[logical_id(FUNCTIONS[function]["Role"])]["Properties"]
    return role


def statements(function: str) -> list[dict[str, Any]]:
    return list(chain.from_iterable(each["PolicyDocument"]["Statement"] for each in role_of(function)["Policies"]))


def actions(function: str) -> set[str]:
    return set(chain.from_iterable(as_list(each["Action"]) for each in statements(function)))


def events(function: str, event_type: str) -> list[dict[str, Any]]:
    found = FUNCTIONS[function].get("Events", {}).values()
    return [event["Properties"] for event in found if event["Type"] == event_type]


# What each function that there is calls; a new function is added here with its own.
NEEDED = {
    "UploadFunction": {
        *("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"),
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
        *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion"),
        *("s3:ListBucket", "s3:PutObject"),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "PurgeFunction": {
        *("cloudfront:CreateInvalidation", "sqs:SendMessage"),
        *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"),
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


def test_functions_are_the_folders_of_functions() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {each["CodeUri"] for each in FUNCTIONS.values()} == {f"functions/{name}" for name in folders}
    for name, each in FUNCTIONS.items():
        folder = each["CodeUri"].removeprefix("functions/")
        assert name == f"{folder.title()}Function"
        assert each["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{folder}"}


@every_function
def test_each_function_is_source_only(name: str) -> None:
    assert RESOURCES[name]["Metadata"] == {"SkipBuild": True}


@every_function
def test_each_function_has_a_role_of_its_own(name: str) -> None:
    roles = [logical_id(each["Role"]) for each in FUNCTIONS.values()]
    assert roles.count(logical_id(FUNCTIONS[name]["Role"])) == 1
    assert "ManagedPolicyArns" not in role_of(name)


@pytest.mark.parametrize("name", NEEDED)
def test_each_function_may_do_what_it_does_and_no_more(name: str) -> None:
    assert actions(name) == {"logs:CreateLogStream", "logs:PutLogEvents"} | NEEDED[name]


@every_function
def test_no_function_may_do_anything_to_everything(name: str) -> None:
    for statement in statements(name):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in as_list(statement["Action"]))
        assert "*" not in as_list(statement["Resource"])
        assert not statement.keys() & {"NotAction", "NotResource"}


@every_function
def test_objects_are_reached_under_their_prefix_alone(name: str) -> None:
    for statement in statements(name):
        if any(re.fullmatch(r"s3:\w+Object(Version)?", action) for action in as_list(statement["Action"])):
            for resource in as_list(statement["Resource"]):
                assert re.search(
                    r"Arn\}/(uploads|generated|api/v2/assets)/\*(/\*\.(webp|jpg|png))?$", resource["Fn::Sub"]
                )


@every_function
def test_each_function_logs_to_a_group_that_forgets(name: str) -> None:
    group = RESOURCES[logical_id(FUNCTIONS[name]["LoggingConfig"]["LogGroup"])]["Properties"]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionInDays"}
    assert group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + FUNCTIONS[name]["FunctionName"]["Fn::Sub"]
    (own,) = (each for each in statements(name) if each["Sid"] == "WriteLogs")
    assert logical_id(own["Resource"]) == logical_id(FUNCTIONS[name]["LoggingConfig"]["LogGroup"])


@every_function
def test_a_function_behind_the_api_answers_before_the_gateway_gives_up(name: str) -> None:
    if events(name, "HttpApi"):
        assert FUNCTIONS[name]["Timeout"] <= 28


@every_function
def test_a_message_stays_hidden_for_longer_than_its_function_may_take(name: str) -> None:
    """Lambda's guide asks for six times as long, so that it can try again where the function is throttled ("Configuring
    a queue to use with Lambda"); where there is a MaximumConcurrency, it receives no more than it invokes."""
    for event in events(name, "SQS"):
        longest = FUNCTIONS[name]["Timeout"] + COLD_START_SECONDS
        assert QUEUES[logical_id(event["Queue"])]["VisibilityTimeout"] > longest
        assert event["ScalingConfig"]["MaximumConcurrency"]
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@every_function
def test_a_message_that_takes_all_of_the_time_holds_up_no_other(name: str) -> None:
    assert all(event["BatchSize"] == 1 for event in events(name, "SQS"))


def test_an_upload_whose_publication_dies_is_published_within_a_minute() -> None:
    queue = QUEUES["PublishQueue"]
    assert queue["DelaySeconds"] + queue["VisibilityTimeout"] <= 60
    # The longest outage that leaves no dead letter: a quarter of an hour.
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= 15 * 60


@pytest.mark.parametrize("name", ["RenditionsFunction", "FramesFunction"])
def test_a_lease_outlives_whoever_makes_a_rendition(name: str) -> None:
    assert FUNCTIONS[name]["Timeout"] + 2 < LEASE_SECONDS


@pytest.mark.parametrize("name", ["RenditionsFunction", "FramesFunction"])
def test_what_decodes_files_writes_neither_an_asset_nor_anything_else_of_its_item(name: str) -> None:
    by_sid = {each["Sid"]: each for each in statements(name)}
    stored = [each["Fn::Sub"].rpartition("/api/v2/assets/")[2] for each in by_sid["StoreRenditions"]["Resource"]]
    assert stored == ["*/*.webp", "*/*.jpg", "*/*.png"]
    assert not any(fnmatchcase(object_key("id", each), f"*/{pattern}") for each in VISIBILITIES for pattern in stored)
    leases, facts = by_sid["HoldLeases"]["Condition"], by_sid["RecordFacts"]["Condition"]
    assert leases == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rendition#*"]}}
    assert facts["ForAllValues:StringEquals"]["dynamodb:Attributes"] == ["owner", "sk", "thumbhash", "rendition_error"]


@pytest.mark.parametrize("name", ["PublishFunction", "UploadFunction"])
def test_no_publication_lives_longer_than_a_deleted_assets_events_wait_for(name: str) -> None:
    assert timedelta(seconds=FUNCTIONS[name]["Timeout"]) <= LONGEST_PUBLICATION
    assert timedelta(seconds=QUEUES["PublishQueue"]["VisibilityTimeout"]) > LONGEST_PUBLICATION


@every_function
def test_what_fails_for_good_is_kept(name: str) -> None:
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


def test_purge_gets_new_tombstones_and_headers_that_were_changed_and_nothing_else() -> None:
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


def test_dispatch_gets_what_has_an_event_with_the_images_that_tell_what_it_is() -> None:
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


def test_a_record_that_cannot_be_dispatched_is_given_up_alone() -> None:
    (event,) = events("DispatchFunction", "DynamoDB")
    assert event["BisectBatchOnFunctionError"] is True


def test_the_stream_has_no_more_consumers_than_dynamodb_serves() -> None:
    """Two a shard: "Reading and processing a stream", Amazon DynamoDB Developer Guide."""
    assert sum(len(events(name, "DynamoDB")) for name in FUNCTIONS) <= 2


def test_every_file_that_arrives_is_published() -> None:
    rule = RESOURCES["FileArrivedRule"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "IncomingBucket"}]},
            "object": {"size": [{"numeric": ["<=", later.REQUEST_MAX_BYTES]}]},
        },
    }
    assert [logical_id(target["Arn"]) for target in rule["Targets"]] == ["PublishQueue"]
    large = RESOURCES["LargeFileArrivedRule"]["Properties"]
    assert large["EventPattern"]["detail"]["object"]["size"] == [{"numeric": [">", later.REQUEST_MAX_BYTES]}]
    assert [logical_id(target["Arn"]) for target in large["Targets"]] == ["LargeFilesQueue"]
    assert BUCKETS["IncomingBucket"]["NotificationConfiguration"]["EventBridgeConfiguration"] == {
        "EventBridgeEnabled": True
    }


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


@pytest.mark.parametrize(
    ("route", "parameter"),
    [
        ("POST /api/v2/upload-asset", "Upload"),
        ("GET /api/v2/assets", "List"),
        ("GET /api/v2/jobs", "List"),
        ("DELETE /api/v2/assets/{asset_id}", "Delete"),
        ("GET /api/v2/assets/{asset_id}/{rendition}", "Rendition"),
        ("HEAD /api/v2/assets/{asset_id}/{rendition}", "Rendition"),
        ("GET /api/v2/assets/{asset_id}/frames/{rendition}", "Rendition"),
        ("HEAD /api/v2/assets/{asset_id}/frames/{rendition}", "Rendition"),
        ("GET /api/v2/health", "Public"),
        ("$default", "Public"),
    ],
)
def test_a_flood_of_one_kind_of_request_is_held_by_a_throttle_of_its_own(route: str, parameter: str) -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["RouteSettings"][route]
    names = {limit: f"{parameter}Throttling{limit}Limit" for limit in ("Rate", "Burst")}
    assert settings == {f"Throttling{limit}Limit": {"Ref": name} for limit, name in names.items()}
    assert TEMPLATE["Parameters"][names["Rate"]]["Default"] < TEMPLATE["Parameters"]["ThrottlingRateLimit"]["Default"]


def test_a_throttled_route_is_one_that_there_is() -> None:
    """API Gateway refuses the deployment otherwise."""
    routes = {
        f"{event['Method']} {event['Path']}" if "Path" in event else "$default"
        for name in FUNCTIONS
        for event in events(name, "HttpApi")
    }
    assert RESOURCES["HttpApi"]["Properties"]["RouteSettings"].keys() <= routes


def test_a_browser_can_read_what_uppy_waits_for() -> None:
    (rule,) = BUCKETS["IncomingBucket"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["POST", "PUT"]
    assert set(rule["ExposedHeaders"]) == {"ETag", "Location"}


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


def test_owners_only_paths_come_before_the_cached_one_below_them() -> None:
    order = list(BEHAVIORS)
    public = order.index("/api/v2/assets/*")
    assert order.index("/api/v2/assets/*/metadata") < public
    assert order.index("/api/v2/assets/*/complete") < public
    assert order[-1] == "/api/*"


@pytest.mark.parametrize("path", ["/api/v2/assets/*/metadata", "/api/v2/assets/*/complete", "/api/*"])
def test_what_the_api_answers_is_never_cached(path: str) -> None:
    assert BEHAVIORS[path]["TargetOriginId"] == "api"
    assert BEHAVIORS[path]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # Managed-CachingDisabled


def test_public_bytes_are_cached_by_their_path_alone() -> None:
    assert BEHAVIORS["/api/v2/assets/*"]["TargetOriginId"] == "assets"
    assert BEHAVIORS["/api/v2/assets/*"]["CachePolicyId"] == {"Ref": "AssetsCachePolicy"}
    policy = RESOURCES["AssetsCachePolicy"]["Properties"]["CachePolicyConfig"]
    forwarded = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["CookiesConfig"] == {"CookieBehavior": "none"}
    assert forwarded["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert forwarded["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert (policy["MinTTL"], policy["MaxTTL"]) == (0, {"Fn::If": ["InvalidatesExactly", 31536000, 300]})


def test_private_bytes_are_cached_at_the_edge_and_by_no_cache_behind_it() -> None:
    """They have no Cache-Control in S3: the cache policy's default counts, and viewers see the headers policy's."""
    policy = RESOURCES["AssetsCachePolicy"]["Properties"]["CachePolicyConfig"]
    assert policy["DefaultTTL"] == {"Fn::If": ["InvalidatesExactly", 86400, 300]}
    headers = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]
    (header,) = (each for each in headers["Items"] if each["Header"] == "Cache-Control")
    # Public bytes have their own.
    assert (header["Value"], header["Override"]) == ("private, no-cache", False)


def test_every_behavior_asks_the_edge_function_takes_every_method_and_refuses_plain_http() -> None:
    for behavior in (DISTRIBUTION["DefaultCacheBehavior"], *BEHAVIORS.values()):
        (association,) = behavior["FunctionAssociations"]
        assert association["EventType"] == "viewer-request"
        assert logical_id(association["FunctionARN"]) == "ViewerRequestFunction"
        # What a behavior does not take, CloudFront refuses in HTML.
        assert set(behavior["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
        assert behavior["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")


def test_the_edge_is_the_same_on_the_emulator() -> None:
    edge = {name: each for name, each in RESOURCES.items() if each["Type"].startswith("AWS::CloudFront::")}
    assert len(edge) > 4
    assert "IsOnAws" not in json.dumps(edge)


def test_the_edge_function_may_choose_any_origin_of_the_distribution_and_no_other() -> None:
    source = (ROOT / "edge" / "viewer-request.js").read_text(encoding="utf-8")
    chosen = set(re.findall(r"toBucket\(request, '(\w+)'|selectRequestOriginById\('(\w+)'\)", source))
    assert {first or second for first, second in chosen} == {origin["Id"] for origin in DISTRIBUTION["Origins"]}


def test_cloudfront_proves_to_the_api_alone_that_it_is_cloudfront() -> None:
    headers = {origin["Id"]: origin.get("OriginCustomHeaders") for origin in DISTRIBUTION["Origins"]}
    secret = {"HeaderName": "x-origin-secret", "HeaderValue": {"Fn::GetAtt": ["OriginSecret", "Value"]}}
    assert headers == {"api": [secret], "assets": None, "site": None}
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["ORIGIN_SECRET_HASHES"] == {"Fn::GetAtt": ["OriginSecret", "Hashes"]}
    # In nobody's hands but CloudFront's: the functions know its hash.
    assert json.dumps(TEMPLATE).count('"OriginSecret", "Value"') == 1


def test_a_page_of_another_origin_may_use_the_whole_api() -> None:
    policy = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    # Else these headers, for reads by anyone, would replace the API's own where the path is an asset's.
    assert policy["OriginOverride"] is False
    _, cors, same = RESOURCES["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert cors == same
    assert cors["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "CorsAllowOrigin"}]}
    used = {event["Method"].upper() for name in FUNCTIONS for event in events(name, "HttpApi") if "Method" in event}
    assert set(cors["AllowMethods"]) >= used
    assert set(cors["AllowHeaders"]) >= {"authorization", "content-type", "idempotency-key"}


def test_the_bucket_takes_a_form_from_whatever_page_has_one() -> None:
    """The page's own among them, whose origin no bucket of the stack can know."""
    (rule,) = RESOURCES["IncomingBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["POST", "PUT"])
    assert {"ETag", "Location"} <= set(rule["ExposedHeaders"])


@pytest.mark.parametrize(
    ("origins", "is_allowed"),
    [
        ("*", True),
        ("https://app.example.com", True),
        ("https://app.example.com,http://localhost:5173", True),
        ("https://app.example.com, https://b.example.com", False),
        ("https://app.example.com/", False),
        ("app.example.com", False),
        ("*,https://app.example.com", False),
        ("", False),
    ],
)
def test_origins_are_a_list_that_api_gateway_takes(origins: str, is_allowed: bool) -> None:
    pattern = TEMPLATE["Parameters"]["CorsAllowOrigin"]["AllowedPattern"]
    assert (re.fullmatch(pattern, origins) is not None) == is_allowed


def test_a_domain_of_ones_own_is_served_by_tls_1_2_at_least() -> None:
    condition, own, default = DISTRIBUTION["ViewerCertificate"]["Fn::If"]
    assert condition == "HasDomainName"
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert default == {"CloudFrontDefaultCertificate": True}


def test_public_bytes_run_nothing() -> None:
    headers = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]
    assert security["ContentTypeOptions"] == {"Override": True}
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert policy.startswith("default-src 'none';")
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert headers["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}


def test_other_sites_may_import_the_uploader_but_not_frame_the_page() -> None:
    headers = RESOURCES["SiteHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert headers["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert headers["CorsConfig"]["AccessControlAllowCredentials"] is False
    assert headers["SecurityHeadersConfig"]["FrameOptions"] == {"FrameOption": "DENY", "Override": True}


def test_the_event_leaves_a_client_the_time_to_complete() -> None:
    assert 1 <= QUEUES["PublishQueue"]["DelaySeconds"] <= 5


def test_no_error_is_kept_and_none_is_replaced_by_another() -> None:
    """A page instead of S3's 403 would replace the API's own, too: they are for the whole distribution."""
    responses = DISTRIBUTION["CustomErrorResponses"]
    assert all(set(response) == {"ErrorCode", "ErrorCachingMinTTL"} for response in responses)
    assert {response["ErrorCachingMinTTL"] for response in responses} == {0}
    # Those of the API's that CloudFront keeps by itself ("HTTP 4xx and 5xx status codes that CloudFront caches").
    assert {response["ErrorCode"] for response in responses} == {404, 405, 500, 502, 503, 504}


def test_cloudfront_cannot_list_a_bucket() -> None:
    """S3 would then answer 404 for a missing key, and CloudFront would not ask the API."""
    policies = json.dumps(of_type("AWS::S3::BucketPolicy"))
    assert "s3:ListBucket" not in policies


def test_secrets_are_not_shown() -> None:
    assert TEMPLATE["Parameters"]["JwtSecrets"]["NoEcho"] is True


def test_the_api_has_the_contracts_routes() -> None:
    routes = {
        f"{event.get('Method', 'ANY')} {event.get('Path', '*')}"
        for name in FUNCTIONS
        for event in events(name, "HttpApi")
    }
    assert routes >= {
        "POST /api/v2/upload-asset",
        "POST /api/v2/assets/{asset_id}/complete",
        "GET /api/v2/assets",
        "GET /api/v2/assets/{asset_id}/metadata",
        "GET /api/v2/health",
        "DELETE /api/v2/assets/{asset_id}",
        "ANY *",
    }


def test_the_edge_function_is_the_one_that_is_tested() -> None:
    source = (ROOT / "edge" / "viewer-request.js").read_text(encoding="utf-8")
    assert RESOURCES["ViewerRequestFunction"]["Properties"]["FunctionCode"]["Fn::Sub"].rstrip("\n") == source.rstrip(
        "\n"
    )
