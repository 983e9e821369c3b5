"""Every bound of school.db and of the services over it, with its unit."""

from content_packs.limits import GIB, KIB, MIB

# Writing
WRITES_WAITING_MAX = 256  # then a caller is asked to come again
WRITES_POSTED_MAX = 64  # of them, that nobody waits for
WRITES_IN_BATCH_MAX = 128  # committed together
WRITE_SECONDS_MAX = 30.0  # that a caller waits for its write
BUSY_RETRY_SECONDS = 2  # that it is asked to stay away
DATABASE_BUSY_SECONDS = 30.0  # for another process that writes
DATABASE_CACHE_KIB = 512  # of each thread's connection
WAL_BYTES_MAX = 8 * MIB  # that the write-ahead log keeps on the disk
DISK_RESERVE_BYTES = 4 * MIB  # free, below which nothing new is begun; what is under way may end

# People
NAME_CHARACTERS_MAX = 60  # of a person or a class
GRADE_CHARACTERS_MAX = 30
CLASSES_MAX = 400
LEARNERS_IN_CLASS_MAX = 200
LEARNERS_MAX = 10_000
TEACHERS_MAX = 400

# Rosters
ROSTER_BYTES_MAX = 8 * MIB  # of a zip or a CSV file
ROSTER_UNPACKED_BYTES_MAX = 32 * MIB  # of all files of a zip together
ROSTER_FILES_MAX = 64
ROSTER_ROWS_MAX = 50_000  # of one CSV file
ROSTER_FIELD_CHARACTERS_MAX = 4_000
ROSTER_PROBLEMS_MAX = 50  # that are told
PASTED_CHARACTERS_MAX = 40_000
SOURCE_ID_CHARACTERS_MAX = 255

# PINs and passphrases
PIN_DIGITS = 4
PIN_PICTURES = 3  # of twelve, each once, in order
PASSPHRASE_CHARACTERS_MIN = 12
PASSPHRASE_WORDS_MIN = 4
PASSPHRASE_CHARACTERS_MAX = 200
HASHES_AT_ONCE = 2  # each takes a core and 16 MiB
SECRET_CHARACTERS_MAX = 200  # of what anybody types to sign in; more is wrong anyway
CODE_CHARACTERS = 12  # of a code from the console, 5 bits each
TOKEN_BYTES = 16

# Signing in
TRIES_FREE = 5  # wrong ones of an account on a device
WAIT_SECONDS_FIRST = 5  # after them; doubles
WAIT_SECONDS_MAX = 300
FAILURES_OF_ACCOUNT_MAX = 30  # in an hour, on all devices together
FAILURES_OF_ACCOUNT_DAY_MAX = 60  # in a day
FAILURES_OF_DEVICE_MAX = 60  # in an hour, on all accounts together
FAILURES_SECONDS = 3_600
FAILURES_DAY_SECONDS = 24 * 3_600
FAILURES_OF_PLACE_MAX = (
    120  # in an hour, from one address, of devices that the account doesn't know
)
WAIT_OF_PLACE_SECONDS = 15  # after them
PLACES_REMEMBERED_MAX = 4_000
SEATS = 6  # of those whose secret is looked at, or about to be; of 8 threads of the site
SEATS_OF_A_PLACE = 2
SEATS_OF_STRANGERS = 4  # from a place that many share
WAIT_FOR_SEAT_SECONDS = 1.0
FAILURES_KEPT_MAX = 20_000  # rows; the oldest go first
LEARNER_SECONDS = 12 * 3_600
LEARNER_IDLE_SECONDS = 4 * 3_600
TEACHER_SECONDS = 12 * 3_600
TECHNICIAN_SECONDS = 2 * 3_600
SEEN_SECONDS = 900  # between two notes that a session is in use
SESSIONS_KEPT_MAX = 20_000
SESSIONS_OF_ONE_MAX = 40  # of one pupil or teacher; the oldest ends
DEVICES_OF_ACCOUNT_MAX = 20  # that are remembered to have signed in

# Recording
PROGRESS_SECONDS_MIN = 10.0  # between two notes of how far a film is, of one actor and item
ACTORS_REMEMBERED_MAX = 4_000  # whose last notes are remembered
RECORDS_BURST_MAX = 1_200  # of one actor at once; an exercise has 200 questions at most
RECORDS_PER_SECOND = 2.0  # of one actor, after that
RECORDS_PER_DAY_MAX = 10_000  # of one actor: 12 MB
GUEST_RECORDS_PER_DAY_MAX = 50_000  # of all devices together that nobody has signed in to
ATTEMPTS_KEPT_MAX = 20  # of one exercise, answer by answer
ATTEMPTS_COUNTED_MAX = 1_000_000
DONE_PERCENT = 95  # of a film
APP_POINTS_MAX = 100_000  # that an app may say can be earned
SUBMISSION_CHARACTERS_MAX = 64

# What teachers set and ask for
ASSIGNMENTS_OF_CLASS_MAX = 500
WISHES_MAX = 500
PINNED_MAX = 1_000
CONTINUE_MAX = 6
HELP_DAYS = 14  # that are looked back over
QUIET_DAYS = 7  # without anything, while the class was at work
LESSONS_ASKED_TOGETHER = 100  # in one query: SQLite bounds how deep a condition may be
STUCK_TRIES_MIN = 3  # of an exercise, below half of its points
STUCK_RESPONSES_MAX = 3  # of the wrong responses to a question, the most frequent

# A school's own material
MATERIALS_MAX = 2_000
TITLE_CHARACTERS_MAX = 120
VIDEO_BYTES_MAX = 2 * GIB
PDF_BYTES_MAX = 200 * MIB
UPLOADS_MAX = 4  # on their way in together
QUIZ_SOURCE_BYTES_MAX = 256 * KIB
UPLOAD_PIECE_BYTES = 1 * MIB  # that a page sends at a time
QUIZ_QUESTIONS_MAX = 50  # of a form
MATERIALS_RESERVE_BYTES = 256 * MIB  # free, that no material takes: packs and records need room
QUIZ_SECONDS_MAX = 20.0  # of CPU, for reading one
QUIZ_MEMORY_BYTES_MAX = 512 * MIB

# Backup and salvage
BACKUP_SECONDS = 24 * 3_600
KEEPER_SECONDS = 600.0  # between two looks whether there is something to tidy or back up
RESTORE_BYTES_MAX = 8 * GIB  # of a backup
SCAN_PAYLOAD_BYTES_MAX = 64 * KIB  # of one row
SALVAGE_SEQUENCE_GAP = 100_000  # left free after a salvage: numbers of records are never given anew
TROUBLES_KEPT_MAX = 100
