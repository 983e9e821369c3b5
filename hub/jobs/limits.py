"""Every bound of background jobs, with its unit."""

from content_packs.limits import GIB, KIB

LEASE_SECONDS = 45  # a worker that is silent for so long is taken for dead; clocks may differ a bit
BEAT_SECONDS = 10.0  # between two signs of life
POLL_SECONDS = 2.0  # between two looks for work where nobody called
ATTEMPTS_MAX = 3  # of a job whose worker died, or that found the hub busy
AGAIN_SECONDS = 20  # before the second attempt; twice that before the third
TOLD_SECONDS = 1.0  # between two writes of progress and log
CANCEL_SECONDS = 10.0  # from asking a process to end to killing it
WAIT_POLL_SECONDS = 0.05
CHORES_POLL_SECONDS = 1.0  # a chore is this late at most
TIDY_SECONDS = 3_600
STOP_SECONDS = 10.0  # for a chore that is under way

FAILED_DAYS = 7  # for so long a failed job waits for somebody to look
JOBS_KEPT_MAX = 1_000  # that have ended
QUEUED_MAX = 2_000  # that wait or run; more are refused
QUEUED_OF_ACTOR_MAX = 200  # of one person
ARGUMENTS_BYTES_MAX = 64 * KIB
RESULT_BYTES_MAX = 64 * KIB
LOG_BYTES_MAX = 64 * KIB  # kept of a job: the beginning and the end
LOG_HEAD_BYTES = 16 * KIB  # of that, the beginning
LINE_CHARACTERS_MAX = 500
PAGE_MAX = 500  # jobs in an answer
SHOWN = 50  # jobs on a page

NICENESS = 15  # answering nodes goes first
MEMORY_BYTES_MAX = 4 * GIB  # address space of a job's process
CPU_SECONDS_MAX = 6 * 3600  # a large pack's build and deltas take minutes
CPU_SECONDS_PAST = 5  # from being told to end to being killed
CORE_BYTES_MAX = 0  # it would hold what was in memory

REDIS_SECONDS_MAX = 5.0  # for an answer of Redis
WAKES_MAX = 100  # kept in Redis while all workers are busy
