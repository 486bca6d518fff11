"""For all tests: drawn examples are the same on every run and machine, so a failure can be run again."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
