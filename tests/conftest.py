"""For the tests of blackstart itself: failures of drawn cases print what reproduces them."""

from hypothesis import settings

settings.register_profile("blackstart", deadline=None, print_blob=True)
settings.load_profile("blackstart")
