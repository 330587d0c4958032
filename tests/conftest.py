"""Settings of every test: the same examples in every run, wherever it runs."""

import signal

import hypothesis

# A shell has what it runs in the background ignore SIGINT, and children inherit that: those of tests are interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A test run says something about the change at hand; looking for new examples is a job of its own
# (`HYPOTHESIS_PROFILE`, or `--hypothesis-profile=search`).
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=60)
hypothesis.settings.register_profile("search", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("repeatable")
