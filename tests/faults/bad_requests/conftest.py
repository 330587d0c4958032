"""The functions' fixtures: AWS in this process, the provider, and what generates."""

from tests.functions.conftest import alice, aws_account, aws_session, dynamodb, s3
from tests.functions.generation.conftest import clock, provider, running_provider, sqs, stack

__all__ = [
    "alice",
    "aws_account",
    "aws_session",
    "clock",
    "dynamodb",
    "provider",
    "running_provider",
    "s3",
    "sqs",
    "stack",
]
