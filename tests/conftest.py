"""Settings of all tests."""

from hypothesis import settings

# How long an example takes is a matter of the machine, and of what else it does. A test says the same twice, as a gate
# has to; `--hypothesis-profile=exploring` looks for what it has not met yet.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None)
settings.load_profile("tests")
