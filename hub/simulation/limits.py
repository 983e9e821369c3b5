"""Every bound of simulations, with its unit."""

HOURS = 24
SCHOOLS_MAX = 1_000_000
DAYS_MAX = 365
TRACE_DAYS = 180  # of a made rhythm; a school that needs more begins it again
TRACES_MADE = 3_000  # made rhythms; schools share them, each from a day of its own and at its rate
HISTORY_DAYS = 42  # that the hub has heard of a school when the rollout is planned
TRACE_FILE_BYTES_MAX = 1_000_000_000
TRACES_MAX = 200_000
TRACE_DAYS_MIN = 14  # shorter ones say nothing about weeks
CONTACT_BYTES = 3_500  # of a check-in, a poll and the metadata that came with it
MEASURED_WITHIN = 0.15  # by so much a node's measure of its goodput is off, as a rule
OVERDUE_WATCHED = 5_000  # living schools, and as many dead boxes: who is overdue is seen of them
OVERDUE_LEARNT_EACH = 7  # days: so often the rhythm of who is watched is learnt anew
OVERDUE_COMPARED_WEEKS = (13, 26, 52, 104)  # in which a living school may be called overdue once
