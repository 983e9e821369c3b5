"""Writing cards on a technician's laptop: which disk may be written, with what, and is it there.

FLASHING.md says what is done in which order, and why. Nothing in here runs on a school's box.
"""
