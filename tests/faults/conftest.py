"""The running stack of the end-to-end tests, for those that take minutes on it."""

from tests.e2e.conftest import alice, bob, http, pytest_runtest_makereport, stack, stand_in

__all__ = ["alice", "bob", "http", "pytest_runtest_makereport", "stack", "stand_in"]
