"""For all tests."""

from hypothesis import settings

# no test has a clock: on a loaded machine any example may take a second
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
