"""Settings of every test: the same examples in every run, wherever it runs."""

import signal

import hypothesis
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# A shell has what it runs in the background ignore SIGINT, and children inherit that: those of tests are interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A test run says something about the change at hand; looking for new examples is a job of its own
# (`HYPOTHESIS_PROFILE`, or `--hypothesis-profile=search`).
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=60)
hypothesis.settings.register_profile("search", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("repeatable")

_constants_of_loaded_modules = providers._get_local_constants


def _constants() -> Constants:
    """Return no constants of our modules for repeatable examples, which would depend on the tests that ran before."""
    is_repeatable = hypothesis.settings.get_current_profile_name() == "repeatable"
    return providers._local_constants if is_repeatable else _constants_of_loaded_modules()


providers._get_local_constants = _constants
