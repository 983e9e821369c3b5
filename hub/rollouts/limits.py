"""Every bound of rollouts, with its unit."""

from typing import Final

STAGES_MAX: Final = 12
SCHOOLS_IN_GROUP_MAX: Final = 2_000
DAYS_MAX: Final = 366
HOURS_MAX: Final = 24 * 60
CONTACTED_MAX: Final = 1_000_000
NOTE_CHARACTERS_MAX: Final = 500
REASON_CHARACTERS_MAX: Final = 240  # of why a school failed, as its box says it
OPEN_MAX: Final = 64  # rollouts that run, wait or are paused at a time
SEEDS_TRIED_MAX: Final = 64  # from which the one is taken whose percentages fit the schools best
SEEDS_TRIED_MIN: Final = 2  # of a large fleet: there any fits
HASHES_MAX: Final = 100_000  # for that; each takes a microsecond, twice
SCHOOLS_SHOWN_MAX: Final = 500  # in one page of a list

EVALUATE_SECONDS: Final = 60  # between two looks at what schools report
LEASE_SECONDS: Final = 180.0  # a look takes seconds; who died in one is waited for no longer
JOIN_SECONDS: Final = 3_600  # schools that join a list are signed in at most this often
ROWS_AT_A_TIME: Final = 200  # in one statement: SQLite takes some thousand values
EVENTS_SHOWN_MAX: Final = 500

DAY_SECONDS: Final = 86_400
PRICE_DAYS_MAX: Final = 60  # a school that takes longer needs a stick
