"""The functions with AWS in this process, as in their own tests."""

from tests.functions.conftest import alice, aws_account, aws_session, dynamodb, queue_url, s3, sqs

__all__ = ["alice", "aws_account", "aws_session", "dynamodb", "queue_url", "s3", "sqs"]
