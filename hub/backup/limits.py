"""Bounds of backups."""

from content_packs.limits import MIB

KEEP_DEFAULT = 14  # backups: two weeks of nights
KEEP_MAX = 1_000
NOTE_BYTES_MAX = 512 * MIB  # of the list of files; a repository of a million places has some 150
COPY_BYTES = 1 * MIB  # read at a time
NAME_HEX_DIGITS = 16  # of a list's digest, in its name
NUMBERS_AHEAD = 100_000  # of metadata that a restored hub leaves out: nodes may have seen them
LOOK_SECONDS = 600  # whether one is due
DUE_HOURS = 24
RETRY_HOURS = 1  # after one that failed
LATE_DAYS = 3  # after the newest one: nights are missing, and somebody should look
