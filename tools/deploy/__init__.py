"""Deployment to AWS in one command: build, deploy, publish the page, and print first steps.

`make deploy`, `make build`, `make site` and `make deployed-token` call it. Plain `sam` commands work
too (docs/operations.md).
"""
