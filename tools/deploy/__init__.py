"""Deployment to AWS with one command: build, deploy, publish the page, and print the first steps.

`make deploy`, `make build`, `make site` and `make deployed-token` use it. Plain `sam` commands work too
(docs/operations.md).
"""
