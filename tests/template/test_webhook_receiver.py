"""webhook-receiver.yaml: the nested stack of each webhook receiver."""

import re
from typing import Any

import pytest

from tests.template.cloudformation import ROOT, load
from tests.template.resources import COLD_START_SECONDS, FUNCTIONS, RESOURCES, TEMPLATE

RECEIVER = load("webhook-receiver.yaml")
QUEUE: dict[str, Any] = RECEIVER["Resources"]["Queue"]["Properties"]
DEAD_LETTERS: dict[str, Any] = RECEIVER["Resources"]["DeadLetters"]["Properties"]
DELIVERIES: dict[str, Any] = RECEIVER["Resources"]["Deliveries"]["Properties"]
NUMBERS = range(1, 6)


@pytest.mark.parametrize("number", NUMBERS)
def test_each_configured_receiver_has_its_own_stack(number: int) -> None:
    stack = RESOURCES[f"Webhook{number}"]
    assert stack["Condition"] == f"HasWebhook{number}"
    assert stack["Properties"]["Location"] == "webhook-receiver.yaml"
    assert stack["Properties"]["Parameters"]["Receiver"] == str(number)
    assert stack["Properties"]["Parameters"].keys() == RECEIVER["Parameters"].keys()


def test_dispatch_gets_the_receivers_queues_in_order() -> None:
    _, urls = FUNCTIONS["DispatchFunction"]["Environment"]["Variables"]["WEBHOOK_QUEUE_URLS"]["Fn::Join"]
    assert urls == [
        {"Fn::If": [f"HasWebhook{number}", {"Fn::GetAtt": [f"Webhook{number}", "Outputs.QueueUrl"]}, ""]}
        for number in NUMBERS
    ]


@pytest.mark.parametrize("name", ["NotifyFunction", "NotifyLogs", "NotifyRole", "QueueWebhooksPolicy"])
def test_resources_exist_only_with_a_receiver(name: str) -> None:
    assert RESOURCES[name]["Condition"] == "HasWebhook1"


def test_queues_are_encrypted_and_have_a_dead_letter_queue() -> None:
    assert QUEUE["SqsManagedSseEnabled"] is True
    assert DEAD_LETTERS["SqsManagedSseEnabled"] is True
    assert DEAD_LETTERS["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_an_attempt_ends_before_the_visibility_timeout() -> None:
    assert QUEUE["VisibilityTimeout"] > FUNCTIONS["NotifyFunction"]["Timeout"] + COLD_START_SECONDS


def test_attempts_are_in_batches_of_one() -> None:
    assert DELIVERIES["BatchSize"] == 1
    assert DELIVERIES["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "Concurrency"}
    assert DELIVERIES["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_policies_match_the_names_of_the_queues() -> None:
    name = QUEUE["QueueName"]["Fn::Sub"]
    assert name == "${Service}-webhook-${Receiver}"
    (queueing,) = RESOURCES["QueueWebhooksPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    pattern = queueing["Resource"]["Fn::Sub"].replace("${AWS::StackName}", "stack").rpartition(":")[2]
    as_regex = re.compile(re.escape(pattern).replace(r"\?", "."))
    assert as_regex.fullmatch("stack-webhook-5")
    assert not as_regex.fullmatch("stack-webhook-5-dead-letters")


def test_the_alarm_is_in_the_runbook() -> None:
    name = RECEIVER["Resources"]["DeadLettersAlarm"]["Properties"]["AlarmName"]["Fn::Sub"]
    entry = name.removeprefix("${Service}-").replace("${Receiver}", "N")
    assert f"### `{entry}`" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("urls", "is_allowed"),
    [
        ("", True),
        ("https://example.com/hook?token=a", True),
        (",".join(f"https://{number}.example.com/" for number in NUMBERS), True),
        ("http://localhost:9000/", True),
        (",".join(["https://example.com/"] * 6), False),
        ("https://a.example.com/, https://b.example.com/", False),
        ("https://a.example.com/,", False),
        ("ftp://example.com/", False),
        ("example.com", False),
    ],
)
def test_up_to_five_receiver_urls_are_accepted(urls: str, is_allowed: bool) -> None:
    assert (re.fullmatch(TEMPLATE["Parameters"]["WebhookUrls"]["AllowedPattern"], urls) is not None) == is_allowed


def test_plain_http_receivers_are_refused_on_aws() -> None:
    for number in NUMBERS:
        scheme = TEMPLATE["Resources"][f"Webhook{number}"]["Properties"]["Parameters"]["Scheme"]
        condition, on_aws, elsewhere = scheme["Fn::If"]
        assert (condition, elsewhere) == ("IsOnAws", "https")
        url = {"Fn::Select": [int(number) - 1, {"Fn::Split": [",", {"Ref": "WebhookUrls"}]}]}
        assert on_aws == {"Fn::Select": [0, {"Fn::Split": ["://", url]}]}
    assert RECEIVER["Parameters"]["Scheme"]["AllowedValues"] == ["https"]


@pytest.mark.parametrize(
    ("secrets", "is_allowed"),
    [
        ("", True),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", True),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", True),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", False),
        ("whsec_short", False),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", False),
    ],
)
def test_secrets_have_the_format_of_standard_webhooks(secrets: str, is_allowed: bool) -> None:
    declared = TEMPLATE["Parameters"]["WebhookSecrets"]
    assert declared["NoEcho"] is True
    assert (re.fullmatch(declared["AllowedPattern"], secrets) is not None) == is_allowed
