"""Every bound of what staff see of packs, with its unit."""

from datetime import timedelta

RELEASES_SHOWN_MAX = 200
LESSONS_SHOWN_MAX = 2_000
PREVIEW_LIFETIME = timedelta(hours=12)  # of an address that shows a version's files
PREVIEW_SECRET_BYTES = 32
PREVIEW_PIECE_BYTES = 256 * 1024  # read of a file at a time
PREVIEW_BLOCKS_KEPT = 4  # decoded, for each file that is being sent
HOST_CHARACTERS_MAX = 260
TICKET_CHARACTERS_MAX = 200
CHANGES_SHOWN_MAX = 200  # lines of one kind on a page
DIFFERENCE_VERSIONS_MAX = 50
