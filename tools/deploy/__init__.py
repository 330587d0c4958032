"""Deployment to AWS in one command: build, deploy, publish the page, and say what to do first.

`make deploy`, `make build`, `make site` and `make deployed-token` call it. Plain `sam` commands do as well
(docs/operations.md).
"""
