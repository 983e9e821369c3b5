"""Every bound of the hub that isn't a bound of the formats, with its unit.

Why the lifetimes are what they are stands in content_packs/TRUST.md, section 4.
"""

from datetime import timedelta

from content_packs.limits import KIB, MIB, PACK_BYTES_MAX

# Signed metadata
ROOT_LIFETIME = timedelta(days=3653)  # ten years: flashed into boxes that nobody visits
TARGETS_LIFETIME = timedelta(days=1826)  # five years: its key may be kept offline
CHANNEL_LIFETIME = timedelta(days=365)
SNAPSHOT_LIFETIME = timedelta(days=365)  # of no use without the timestamp: renewed with changes
TIMESTAMP_LIFETIME = timedelta(days=30)
RENEW_BELOW = 1 / 2  # of its lifetime left: the hub signs a role again
WARN_BELOW = 1 / 4  # of its lifetime left: something keeps the hub from renewing it
CLOCK_BEHIND_MAX = timedelta(minutes=5)  # behind our own last signature: clocks are set a bit
PASSPHRASE_RANDOM_BYTES = 20  # 160 bits: nobody tries them all
ROOT_KEYS = 3
ROOT_THRESHOLD = 2
ROOT_VERSIONS_MAX = 1_000
CHANNELS_MAX = 256  # each costs every node some 400 bytes of targets and snapshot, once

# Work
LOCK_WAIT_SECONDS_MAX = 600
LOCK_POLL_SECONDS = 0.1
RENEW_CHECK_SECONDS = 3600.0
STOP_SECONDS = 10.0  # a renewal that is under way when the server ends gets this long
DATABASE_BUSY_SECONDS = 30.0
WRITTEN_TOGETHER_MAX = 64  # works of threads that share a transaction
COPY_ROWS = 2_000  # read at a time while a database is copied
DATABASE_CONNECT_SECONDS = 10
DATABASE_CONNECTIONS_MAX = 40  # of one process; PostgreSQL takes 100 of all unless told otherwise
DATABASE_CONNECTIONS_SHARED = 80  # of all that `hub serve` runs; the rest is for commands, jobs
DATABASE_CONNECTIONS_MIN = 2  # of one, however many there are
DATABASE_IDLE_IN_TRANSACTION_SECONDS = 600  # a machine that went away lets go of its locks
EARLIER_VERSIONS_MAX = 4  # that a new version is laid out against; the newest carries the rest
DELTAS_FROM_MAX = 3  # versions before a new one that it gets a delta from
DELTA_WORTH = 0.995  # of the bytes that a node fetches without it: more isn't worth keeping
DELTA_BLOCKS_KEPT = 6  # decoded, of each of the two versions, since files are read out of order
DELTA_LOCK_WAIT_SECONDS = 1_800.0  # one of a pack of many gigabytes takes minutes
DELTAS_CHECK_SECONDS = 60
DELTAS_RETRY_SECONDS = 900  # after a job that failed
DELTAS_PRIORITY = -10  # of that job: nobody waits for it
CPACK_BYTES_MAX = (
    PACK_BYTES_MAX + PACK_BYTES_MAX // 64
)  # its documents and frames that didn't shrink

# Couriers
COURIER_DOCUMENTS_BYTES = 512 * KIB  # set aside on a stick for courier.json and for each school
COURIER_NOTE_BYTES = 64 * MIB  # written between two notes of what is on the stick
COURIER_ROUTE_BYTES_MAX = 1 * MIB  # of a file with names of nodes

# Configuration
CONFIG_BYTES_MAX = 64 * KIB
TITLE_CHARACTERS_MAX = 120
PATH_CHARACTERS_MAX = 4_096
DATABASE_PASSWORD_BYTES_MAX = 4 * KIB
ADDRESS_CHARACTERS_MAX = 500  # of a database, a store, a queue
WORKERS_MAX = 64  # processes
THREADS_MAX = 256
HOST_CHARACTERS_MAX = 253  # RFC 1035, section 2.3.4, without the dot at the end
CONNECTIONS_MAX = 10_000

# Processes of `hub serve`
WORKERS_BY_ITSELF_MAX = 2  # that answer, where hub.toml doesn't say how many
PROCESS_WAIT_SECONDS = 0.5  # before one that ended is started again; twice that the next time
PROCESS_WAIT_SECONDS_MAX = 30.0
PROCESS_CALM_SECONDS = 60.0  # one that lived so long is started again as at first
PROCESS_STARTING_POLL_SECONDS = 0.02
PROCESS_STOP_SECONDS = 40.0  # what they do has bounds of its own, which are less
FORK_LOCK_POLL_SECONDS = 0.001
LISTEN_WAIT_SECONDS = 2.0  # for the port of a server that was killed just now
LISTEN_POLL_SECONDS = 0.05
LISTEN_BACKLOG = 4_096  # connections that nobody has taken yet

# Serving
ETAG_HEX_DIGITS = 16  # 64 bits of a digest tell the states of one file apart
READ_BYTES = 64 * KIB  # of a file at a time
SWITCH_SECONDS = 0.0005  # that a thread may compute while another waits for its turn
OPEN_FILES_BESIDES = 500  # connections to the database, logs, locks
ACCEPTED_TOGETHER = 32  # connections that are taken before others have their turn
SWEEP_SECONDS = 5.0  # between two looks for connections on which nothing happens
IDLE_SECONDS_MAX = 900  # a full socket buffer takes this long to drain at 300 bytes a second
REQUEST_BYTES_MAX = 512 * KIB  # the server's; the API has a smaller one for each of its routes
REQUEST_IN_MEMORY_BYTES_MAX = 64 * KIB  # of each connection; the rest waits in a file
