"""Every bound of content in an S3-compatible store, with its unit."""

from content_packs.limits import GIB, MIB

CACHE_BYTES_MAX = 20 * GIB  # kept on this machine of what was fetched or put
CACHE_KEPT_SECONDS = 900.0  # since it was used last: somebody may be reading it
PIECE_BYTES = 4 * MIB  # asked of the store at a time
PART_BYTES = 8 * MIB  # sent to the store at a time; a file of 80 GB has 10,000
PARTS_AT_ONCE = 4
REQUEST_SECONDS_MAX = 120  # for one of these; 8 MiB in two minutes are 70 kB/s
CONNECT_SECONDS_MAX = 10
RETRIES_MAX = 3
RETRY_SECONDS_MAX = 60
LIST_AT_ONCE = 1_000
PUBLISH_CHECK_SECONDS = 60  # between two looks whether metadata is missing there
SIZES_REMEMBERED = 10_000  # of places, for answering nodes
