"""The running stack of the end-to-end tests."""

from tests.e2e.conftest import http, stack

__all__ = ["http", "stack"]
