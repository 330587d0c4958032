"""The functions on an AWS of this process, as their own tests have it."""

from tests.functions.conftest import alice, aws_account, aws_session, dynamodb, s3

__all__ = ["alice", "aws_account", "aws_session", "dynamodb", "s3"]
