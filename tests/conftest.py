"""What holds for every test: how hypothesis searches."""

from hypothesis import settings

# No deadline: two cores shared with other work say nothing about a property. A failure prints what
# reproduces it.
settings.register_profile("satchel", deadline=None, print_blob=True)
settings.load_profile("satchel")
