"""The functions on an AWS of this process, as their own tests have it."""

from tests.functions.conftest import alice, aws_account, aws_session, dynamodb, queue_url, s3, sqs

__all__ = ["alice", "aws_account", "aws_session", "dynamodb", "queue_url", "s3", "sqs"]
