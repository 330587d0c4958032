"""The ways in: forms that S3 takes, and files sent directly."""
