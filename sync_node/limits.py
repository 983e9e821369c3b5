"""Every bound of the node that isn't a bound of the formats, with its unit."""

from content_packs.limits import KIB, MIB

# Links
CONNECT_SECONDS = 20.0  # all addresses of a host together
ADDRESSES_MAX = 4  # of one host, tried in turn
CONNECTIONS_IDLE_MAX = 16
IDLE_SECONDS_MAX = 30.0  # then a router on the way may have forgotten a connection
HEAD_SECONDS = 20.0  # from a request to the end of its answer's head, however it drips
INTERIM_ANSWERS_MAX = 8  # 1xx, before the one that counts
READ_SECONDS = 60.0  # without a single byte
SLOW_WINDOW_SECONDS = 30.0  # in each such time of waiting a body must reach the rate below
SLOW_BYTES_PER_SECOND = 32  # a 300 baud modem: below it, the other end is stuck
RETRY_AFTER_SECONDS_MAX = 120.0  # that a server may ask us to stay away within a tick
BUFFER_BYTES = 64 * KIB  # of a connection: small reads come out of it
RATE_SAMPLE_SECONDS = 1.0  # of a busy link
RATE_SAMPLE_BYTES = 4 * MIB  # or so many bytes
PAUSE_SECONDS = 0.1  # between two reads: the link is as busy as ever
STALL_SECONDS = 1.5  # of silence on a link that should give bytes; doubles
STALL_ROUND_TRIPS = 2.5  # or so many round trips, where that is more
STALL_FALSE_ALARMS_MAX = 4  # each doubles it, too: links that stall as a habit are left in peace
STALL_SECONDS_MAX = 60.0
IN_FLIGHT_ROUND_TRIPS = 2  # bytes asked for and not here yet, in what a link gives in a round trip
IN_FLIGHT_BYTES_MIN = 128 * KIB
IN_FLIGHT_BYTES_UNKNOWN = 512 * KIB  # while the rate isn't known
IN_FLIGHT_BYTES_MAX = 8 * MIB
PIECE_SECONDS = 0.25  # what a link gives in so long is read at a time
PIECE_BYTES_MIN = 16 * KIB
REDIRECTS_MAX = 3
CHUNK_LINE_BYTES_MAX = 4 * KIB  # what says how long a chunk is
DROP_BYTES_MAX = 4 * KIB  # of a body that nobody wants, read so that its connection can be kept
DROP_SECONDS = 2.0
RANGE_SKIP_BYTES_MAX = 1 * MIB  # read and thrown away where a server ignores Range
PIECE_BYTES = 256 * KIB  # read from a link at a time, at most

# Retries
ATTEMPTS_MAX = 5  # in a row without progress
ATTEMPTS_TOTAL_MAX = 1_000  # of one transfer, whatever its progress
PROGRESS_BYTES_MIN = 4 * KIB  # fewer bytes between two cuts are no progress
BACKOFF_SECONDS = 0.1  # before the second attempt
BACKOFF_FACTOR = 4.0  # times as long before each further one
BACKOFF_SECONDS_MAX = 60.0

# Trust
ROOT_BYTES_MAX = 512_000
TIMESTAMP_BYTES_MAX = 16 * KIB
ROOT_ROTATIONS_MAX = 256  # followed in one tick; the next tick goes on from there
METADATA_AHEAD_MAX = 64  # files asked for before they are wanted
METADATA_REQUESTS_MAX = 4  # in flight together
CLOCK_AHEAD_DAYS_MAX = 5 * 366  # a system clock further past all signed time isn't believed
CLOCK_SLACK_SECONDS = 120  # by which two clocks that are right may differ
CLOCK_DRIFT = 0.0002  # seconds a second, of a box that counts them itself
HUB_TIME_SECONDS_MAX = 600  # from a question to its answer, for a fresh time
HEARTBEAT_SECONDS = 900.0  # of a long tick, between two notes of how long the box was on
SIGNED_YEAR_MAX = 2200  # later signed times are a broken clock's
TIME_BYTES_MAX = 16 * KIB  # of what node.db holds of time

# The plan
REQUEST_BYTES = 700  # what one more request costs both ways, its share of a round trip included
PLANS_MAX = 4  # made in one tick: each does without what turned out to be bad
DELTA_VERSIONS_MAX = 3  # older versions from which a delta is asked for
DELTA_HEAD_SHARE_MAX = 100  # of a version's bytes: what a delta may take to say where copies lie
DELTA_HELD_SHARE_MIN = 0.5  # of an older version's bytes, below which none is asked for
DOCUMENT_REQUESTS_MAX = 4  # manifests, layouts and beginnings of deltas in flight together
OLD_FILES_OPEN_MAX = 16

# Transfer
RANGE_BYTES_MAX = 64 * MIB  # one request; it can end and go on at any byte
REQUESTS_MIN = 2  # in flight where the first is in doubt, or from a disk
REQUESTS_MAX = 16
READ_AHEAD_BYTES = 1 * MIB  # of a later request to a disk, while an earlier one is read
BUFFER_BYTES_MAX = 4 * MIB  # of what has come and isn't taken yet
MAPPED_BYTES_MIN = 128 * KIB  # a larger buffer is mapped by itself
SILENT_SECONDS = 0.5  # of the earliest request, before later ones may have the link
BREATH_SECONDS = 0.05  # between two reads of a thin link: it gives packets, we take handfuls
THIN_BYTES_PER_SECOND = 512 * KIB  # above it, a breath would let buffers overflow
WATCH_SECONDS = 0.2  # between two looks for silence
JOIN_SECONDS = 2.0  # that requests get to end when nobody wants them any more
FSYNC_BYTES = 16 * MIB  # written to a file being assembled between two fsyncs
DISK_RESERVE_BYTES = 32 * MIB  # never filled: databases and logs need room to go on
DISK_BLOCK_BYTES = 4 * KIB  # what a file takes is rounded up to
BAD_BLOCKS_MAX = 8  # of one bundle in one tick; then the bundle is left for the next
STAGED_BYTES_MAX = 4 * MIB  # of small files that are made durable together
STAGED_FILES_MAX = 1_024
FLUSH_TOGETHER_MIN = 8  # from so many files on the file system is flushed, not each of them

# The engine
POLL_SECONDS_DEFAULT = 900
POLL_SECONDS_MIN = 5
POLL_SECONDS_MAX = 7 * 24 * 3600
RETRY_TICK_SECONDS = 30  # after a cut; doubles up to the poll interval
TICKS_SINGLE_MAX = 200  # the newest rows of TickRow stay as they are
TICKS_BY_HOUR_DAYS = 14  # older ones are kept by the hour so long, then by the day
TICKS_BY_DAY_DAYS = 400
TICKS_THINNED_AFTER = 1_000  # rows
TICK_SECONDS_MAX = 7 * 24 * 3600  # a tick that took longer is a clock that was set
TICK_DETAIL_CHARACTERS_MAX = 2_000
LOCK_WAIT_SECONDS = 5.0
CLAIM_SECONDS_MAX = 600.0  # that a hub is asked for what a code on the page is good for
LOCK_POLL_SECONDS = 0.1
PROGRESS_SECONDS = 0.1  # between two lines of progress on a terminal
DATABASE_BUSY_SECONDS = 30.0
RESTART_SECONDS = 2.0  # before a crashed engine is started again; doubles
RESTART_SECONDS_MAX = 300.0
STOP_SECONDS = 10.0  # an engine that is told to end gets this long
ENGINE_SIGN_SECONDS = 5.0  # between two signs that an engine's main thread goes on
ENGINE_SILENT_SECONDS = 3_600.0  # without one; then it is ended and started again
ENGINE_LOST_SECONDS = 3_900.0  # without one, though it should have been ended: nothing helps here
WATCHDOG_SHARE = 4.0  # signs to the init system in the time in which it waits for one
WARM_AFTER_SECONDS = 10.0  # that the site can be opened: pages come before readiness for more
SITE_ANSWER_SECONDS = 20.0  # in which the site answers its own process
SITE_ANSWER_BYTES = 256  # of the answer, that are looked at

# Couriers
COURIER_ROOTS_MAX = 16
COURIER_ENTRIES_MAX = 64  # folders that are looked at on each level below a root
COURIER_TRIES_MAX = 3  # of a disk that can't be read
COURIER_VISITS_MAX = 4  # that are told of
COURIER_VISITS_BYTES_MAX = 64 * KIB
COURIER_RESERVE_BYTES = 4 * MIB  # set aside on a stick for courier.json and a node's documents
COURIER_WORDS_MAX = 400  # characters of what was wrong
STICK_WRITABLE_SECONDS = 10.0  # that a stick is waited for that is to be made writable
STICK_LOOK_SECONDS = 0.2  # between two looks at it

# The site
SITE_PORT_DEFAULT = 8080
SITE_THREADS = 8
SITE_CONNECTIONS_MAX = 600
OPEN_FILES_MIN = 2_048  # of the site: a connection, and a file that leaves over it

# Configuration
CONFIG_BYTES_MAX = 64 * KIB
SOURCES_MAX = 16
CHANNELS_MAX = 32

# The catalogue: manifests kept parsed; one of 2.8 MB takes about 12 MB
MANIFESTS_CACHED_MAX = 64
MANIFEST_CACHE_BYTES_MAX = 8 * MIB  # as they lie on disk; the newest is kept whatever it weighs
TICKS_SHOWN = 10

# Looking after the store
SCRUB_PERIOD_SECONDS = 14 * 24 * 3_600  # of being on: the whole store is looked at once
SCRUB_BYTES_PER_SECOND = 8 * MIB  # at most, so that the disk is the site's
SCRUB_SLICE_BYTES_MIN = 1 * MIB  # between two ticks
SCRUB_NOTE_SECONDS = 3_600.0  # between two notes of the place
MENDED_TOGETHER_MAX = 1_000  # files in one note of what is to be taken out
SALVAGE_PIECE_BYTES = 4 * KIB  # lost around a sector that can't be read

# What people decided, and what pupils open
CHOICES_BYTES_MAX = 1 * MIB
SCHOOL_ROWS_MAX = 5_000  # of one table of school.db, that the engine looks at
PINS_LOOKED_AT_SECONDS = 60.0  # between two looks, within a tick, at what teachers pinned
OPENED_LESSONS_MAX = 4_000
OPENED_BYTES_MAX = 1 * MIB
OPENED_WRITE_SECONDS = 3_600.0  # between two writes, while lessons are opened

# Windows and budgets
WINDOW_DAYS_AHEAD_MAX = 40  # looked ahead: every day of a month and more
WINDOWS_MAX = 24  # of one source
MEGABYTES_MAX = 10_000_000  # of a budget
KBIT_PER_SECOND_MAX = 10_000_000
HELD_BACK_BYTES = 256_000  # of a budget, for asking what is new
HELD_BACK_SHARE = 8  # or an eighth of a small one
LEASE_BYTES_MAX = 4 * MIB  # counted before they are spent: what a kill counts too much
LEASE_BYTES_FIRST = 512 * KIB  # doubles
LEASE_AHEAD_BYTES = 256 * KIB  # a lease is renewed while so much of it is left
LEASE_SHARE = 16  # of a budget, where that is less
UNCOUNTED_BYTES_MAX = 4 * MIB  # spent without a budget before they are written down
SPENT_DAYS_KEPT_MAX = 62
SPENT_BYTES_MAX = 256 * KIB  # of the file
METER_CHECK_SECONDS = 1.0  # between two looks at the clock and at what people asked for
BURST_SECONDS = 0.5  # of a rate, at once
ORDER_BYTES_MAX = 4 * KIB  # of a file that asks the engine for something

# Forecasts
FORECAST_DAYS_MAX = 730  # what is further away is said to be far away
GOODPUT_BYTES_MIN = 250_000  # a tick that fetched less says nothing about the rate
DUTY_PRIOR_SECONDS = 3_600  # of a link that works, before anything is known
OUTLOOK_STEPS_MAX = 8  # that a page shows
OUTLOOK_LESSONS_MAX = 8
OUTLOOK_SECONDS_MAX = 6 * 3600  # good for so long where nothing happened
LINK_CHANGE_MIN = 0.2  # of a rate or a round trip: less isn't written down
PROGRESS_FILE_SECONDS = 2.0  # between two writes of how far a tick is
PROGRESS_FILE_BYTES = 1_024
PROGRESS_JSON_SECONDS = 1.0
RATE_WINDOW_SECONDS = 20.0  # over which the rate of a transfer is told
ORDERS_SECONDS = 2.0  # between two looks at what people asked for, while idle
WINDOW_SPREAD_SECONDS = 120.0  # a district's nodes don't all begin when a window opens
PLAN_LINES_MAX = 20  # of `sync-node plan`
DESIRED_NAMES_SHOWN = 12  # of each list of a desired state, in `plan` and `status`

# The hub
SEQUENCE_LEASE = 64  # numbers of requests that are leased durably at a time
CHECK_IN_SECONDS = 3_600.0  # of being on, between two check-ins where nothing changed
BATCH_REPORT_SECONDS = 24 * 3_600.0  # of being on, without a check-in, between two sealed reports
OUTBOX_BATCHES_MAX = 1_000  # reports beyond these aren't kept
OUTBOX_BYTES_MAX = 64 * MIB
BATCHES_AT_ONCE_MAX = 8  # sent to the hub in one tick
REQUEST_BATCHES_AT_ONCE_MAX = 4  # sealed in one tick
FILE_PIECE_BYTES = 126 * KIB  # of a material's file, in one batch
PIECE_ON_THE_WIRE_BYTES = 236 * KIB  # a piece as a batch: base64 twice over
PIECES_AT_ONCE_MAX = 64  # sent in one tick
PIECES_AHEAD_MAX = 64  # sealed for a courier, where no link reaches the hub
HUB_SILENT_SECONDS = 24 * 3_600.0  # of being on: then what is large is sealed for a courier, too
RECORD_BATCHES_AT_ONCE_MAX = 32  # sealed and sent in one tick: some 16,000 records
RECORDS_SEALED_BYTES_MAX = 32 * KIB  # of a batch's content: it goes whole or not at all ...
RECORDS_SEALED_BYTES_MIN = 4 * KIB
RECORDS_SECONDS = 8.0  # ... in no more than this, as the link was
RECORD_BATCHES_AHEAD_MAX = 200  # that wait in the outbox, where a courier's stick takes them along
RECORDS_SENT_BYTES_MAX = 256 * KIB  # of records.json
POST_BYTES_PER_SECOND_MIN = 1 * KIB  # a body that leaves more slowly is given up
BACKUPS_ON_STICK_MAX = 100  # of schools, that are looked at
CARD_BYTES_MAX = 4 * KIB  # of card.json
CERTIFICATES_BYTES_MAX = 256 * KIB  # of a PEM file
REPORT_DAYS = 7  # of ticks, that a report sums up
HARDWARE_BYTES_MAX = 1 * KIB  # of a file that names the box's model
HARDWARE_SENSORS_MAX = 16  # of Linux's, that are looked at for the one of the supply

# Peers
FILES_TOGETHER_MAX = 48  # small files in one request: their digests are its path
FILES_TOGETHER_BYTES = 1 * MIB  # of them together
HELD_BYTES_MAX = 8 * MIB  # of a peer's list of what it holds: 262,144 files
PEER_DOCUMENT_BYTES_MAX = 16 * MIB  # a larger manifest comes from elsewhere
PEER_DOCUMENT_RATIO_MAX = 32  # a document's bytes to those of its compressed form
PEERS_MAX = 8  # that are known at a time
PEERS_ASKED_MAX = 4  # of them in one tick
PEER_REQUESTS_MAX = 2  # of ours to one peer, in flight together
PEER_BAD_UNITS_MAX = 4  # then a peer is left for this tick
PEER_ATTEMPTS_MAX = 3  # in a row without progress
PEER_CONNECT_SECONDS = 4.0  # it is in the same building
PEER_READ_SECONDS = 20.0  # without a single byte
PEER_BYTES_PER_SECOND_MIN = 16 * KIB  # below it, it is no use to wait for a peer
PEER_SLOTS = 3  # answers to peers under way together, of the site's threads
PEER_RETRY_SECONDS = 10  # that a peer who finds no slot is asked to stay away
PEER_BYTES_PER_SECOND = 6 * MIB  # to all peers together
PEER_BYTES_PER_SECOND_BUSY = 256 * KIB  # while pupils open something
PEER_PUPIL_SECONDS = 3.0  # after a pupil's request, in which they are taken to be at it
PEER_SEQUENCES_BEHIND = 256  # requests overtake one another by no more
PEER_KEYS_MAX = 256  # whose sequences are remembered
PEER_CREDENTIALS_MAX = 64  # that are remembered as verified
PEER_CREDENTIAL_CHARACTERS_MAX = 16 * KIB
PEER_TRUST_SECONDS = 10.0  # between two looks at the hub's keys and the list of revoked nodes
PEER_REFUSAL_LOG_SECONDS = 60.0  # between two lines of the log about requests that were refused
MDNS_NAMES_MAX = 64  # of an open network's answers that are looked at
MDNS_RESOLVE_SECONDS = 3.0  # for all answers together
MDNS_PACKET_BYTES_MAX = 1_472  # what one Ethernet frame carries by UDP
MDNS_PACKETS_PER_SECOND = 20  # about nodes, that are looked at
MDNS_PACKETS_AT_ONCE_MAX = 200
MDNS_NSEC_BYTES_MAX = 12  # of a record that lists the types of a host: up to 64 of them
OWN_NAME_AGAIN_SECONDS = 60.0  # after the box's own name couldn't be said
MDNS_VALUE_BYTES_MAX = 80  # of what an answer says of itself

# What the technician sees and asks for
POWER_BYTES_MAX = 64 * KIB  # of power.json
POWER_CUTS_KEPT_MAX = 100
LOG_BYTES_MAX = 512 * KIB  # of one of the logs; then it takes the place of the one before
LOG_LINE_CHARACTERS_MAX = 8_000
CHECK_BYTES_PER_SECOND = 24 * MIB  # that a check which was asked for reads, so that films go on
CHECK_TRIES_MAX = 3  # of one check that is cut off each time
CHECK_NAMES_KEPT_MAX = 50
CHECKED_BYTES_MAX = 64 * KIB
STATIONS_BYTES_MAX = 64 * KIB  # of the access point's file
STATIONS_MAX = 512
STATIONS_FRESH_SECONDS = 300
SCHOOL_NETWORK_BYTES_MAX = 4 * KIB  # of what is said of the network that the box makes
SCHOOL_NETWORK_SECONDS = 5.0  # that it is believed
WEAK_SIGNAL_DBM = -75  # below it, films stall
POWEROFF_TAKEN_SECONDS = 15  # in which what watches has taken a request, if anything does
POWEROFF_END_SECONDS = 90  # in which a box is off that is being shut down
HISTORY_DAYS = 30  # that charts show
HISTORY_LINKS_MAX = 4
PACKS_SHOWN_MAX = 12  # on the technician's first page; more have pages of their own
PACKS_ON_PAGE = 24
DISK_LOW_SHARE = 0.05  # free, below which a technician is told
ENGINE_LATE_SECONDS = 3_600  # since the last tick, or twice the poll interval
ORDER_LATE_SECONDS = 60  # that an order waits for an engine that isn't at work
NO_CONTACT_DAYS = 2  # without a byte, while the link fails
POWER_CUTS_DAYS = 7  # that are looked back over
POWER_CUTS_MANY = 3  # in them, from which somebody has to see to the power
SALVAGED_TOLD_DAYS = 30
BACKUP_OLD_DAYS = 7
DISK_LOOK_SECONDS = 5.0  # between two tries to write, while technicians look

# The systems of a box
SYSTEM_SAID_BYTES_MAX = 64 * KIB  # of run/system.json
SYSTEM_WORDS_MAX = 240  # characters of one text in it
SYSTEM_FAILED_MAX = 64  # versions in it
SYSTEM_LOOK_SECONDS = 30.0  # between two looks at what root says
SYSTEM_QUIET_HOURS = (1, 5)  # by the school's clock: from the first, until the second
SYSTEM_IDLE_SECONDS = 1_800  # without a lesson being opened, in quiet hours
SYSTEM_IDLE_SECONDS_WITHOUT_CLOCK = 3 * 3_600  # where nobody knows which hour it is
SYSTEM_RETRY_SECONDS = 6 * 3_600  # after root said that it can't
