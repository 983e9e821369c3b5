"""Every bound of root's side of an update, with its unit."""

KIB = 1 << 10
MIB = 1 << 20

REQUEST_BYTES_MAX = 4 * KIB
MEMORY_BYTES_MAX = 64 * KIB  # update.json on the boot partition
RELEASE_BYTES_MAX = 4 * KIB
METADATA_BYTES_MAX = 8 * MIB  # one TUF file, as content_packs/limits.py has it
ROOT_BYTES_MAX = 512 * KIB
ROOTS_MAX = 1_024  # in the chain from the pinned one to the newest
SEED_BYTES_MAX = 256 * KIB
MANIFEST_BYTES_MAX = 8 * MIB  # of a system; some 400 bytes a chunk of 256 KiB
FILES_MAX = 512  # of one system
BOOT_FILE_BYTES_MAX = 128 * MIB
TEXT_FILE_BYTES_MAX = 8 * KIB  # a loader entry, config.txt, cmdline.txt
BOOT_FREE_BYTES_MIN = 1 * MIB  # that stay free on the boot partition
FAILED_MAX = 64  # versions that are remembered as not to be tried again
COPY_BYTES = 1 * MIB  # read and written at a time

TRIES = 3  # starts of a new system that may come to nothing before it counts as failed
SERVES_SECONDS = 180.0  # for so long the site has to answer without a break
TRIAL_SECONDS = 900.0  # by then it has to have done so, or the old system comes back
LOOK_SECONDS = 5.0  # between two looks at the site
ANSWER_SECONDS = 10.0  # that the site may take to answer
ANSWER_BYTES_MAX = 64 * KIB  # that are read of an answer
