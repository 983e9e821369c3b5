"""Every bound of the fleet, with its unit."""

# Enrolment codes
CODES_AT_ONCE_MAX = 500  # for each school that is named, on one sheet
CODE_DAYS = 90
CODE_DAYS_MAX = 366
CODE_KEY_BYTES = 32  # of the key that codes are hashed with

# Claims with a wrong code. With 1,000 codes out, ten years at the full rate that all strangers
# together are left with have one chance in 700: a code has 50 bits.
WRONG_CODES_AT_ONCE = 10  # of one address, before it has to wait
WRONG_CODE_SECONDS = 60.0  # until it may try one more
WRONG_CODES_AT_ONCE_OVERALL = 600
WRONG_CODE_SECONDS_OVERALL = 0.2
ADDRESSES_MAX = 10_000  # that are remembered
ASK_AGAIN_SECONDS = 60  # a node whose claim waits for a person

# Nodes
NODES_OF_SCHOOL_MAX = 9_999
APPROVALS_MAX = 10_000  # in one list
APPROVALS_BYTES_MAX = 4 << 20
REQUESTS_REMEMBERED = 16  # of each key: which signature had which sequence
LATE_SEQUENCES_MAX = 8  # below the last one: a request that another one overtook

# What nodes say
BATCHES_AT_ONCE = 1_000  # of one node over HTTP: what a box keeps at the most
BATCH_SECONDS = 60.0  # until one more: a stolen node fills a disk with 380 MB a day, no faster
REPORTS_KEPT_MAX = 60  # of each node
DESIRED_BYTES_MAX = 256 << 10  # a file of `hub desired set`
DESIRED_KEPT_MAX = 20  # earlier ones of each node or group, for people

# The audit log
AUDIT_KEPT_MAX = 100_000  # what people and nodes did, and alarms
REFUSALS_KEPT_MAX = 20_000  # what strangers tried: they can't push out the others
REFUSALS_NOTED_AT_ONCE = 20  # of one address, then ...
REFUSAL_NOTED_SECONDS = 30.0  # ... one in so many; the rest is counted
REFUSALS_NOTED_AT_ONCE_OVERALL = 1_000  # of all addresses together: IPv6 gives anyone thousands
REFUSAL_NOTED_SECONDS_OVERALL = 1.0
AUDIT_LINES_SHOWN = 50
AUDIT_TEXT_CHARACTERS_MAX = 300
