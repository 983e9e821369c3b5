"""Bounds of writing cards, each with its unit."""

from content_packs.limits import GIB, KIB, MIB

# An image, and the map of its blocks
MAP_BYTES_MAX = 8 * MIB
MAP_SIGNATURE_BYTES_MAX = 16 * KIB
MAP_BLOCK_BYTES = 1 * MIB
MAP_RANGE_BLOCKS_MAX = 8  # of one digest: what is looked at, and written again, together
MAP_RANGES_MAX = 16_384
IMAGE_BYTES_MAX = 32 * GIB
SECTOR_BYTES = 512

# A card
CARD_BYTES_MAX = 2 * 10**12  # what is larger is somebody's disk
PARTITIONS_MAX = 128  # of a GPT as all programs write it
PARTITION_ALIGN_BYTES = 1 * MIB
PROBE_PLACES = 32  # where a card is tried for the size that it says it has
PROBE_BYTES = 4 * KIB
MARK_BYTES = 4 * KIB  # what stands at the beginning of a card while it is being written
DATA_SLACK_BYTES = 96 * MIB  # a data partition that is made here has this much room to begin with
DATA_OVERHEAD_SHARE = 0.04  # what a file system takes of it

# A table of cards
CARDS_BYTES_MAX = 4 * MIB
CARDS_MAX = 5_000
CARD_PRELOADS_MAX = 64
CARD_LABEL_CHARACTERS_MAX = 60  # as hub seeds keeps to

PROGRAM_SECONDS_MAX = 3_600.0  # of mke2fs with a full data partition on a slow disk
SYSFS_BYTES_MAX = 64 * KIB  # of what the kernel says in one file
MOUNTS_BYTES_MAX = 8 * MIB
