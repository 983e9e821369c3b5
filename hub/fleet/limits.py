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
KEYS_KNOWN_MAX = 100_000  # kept in memory, 200 bytes each
LATE_SEQUENCES_MAX = 8  # below the last one: a request that another one overtook

# What nodes say
BATCHES_AT_ONCE = 1_000  # of one node over HTTP: what a box keeps at the most
BATCH_SECONDS = 60.0  # until one more: a stolen node fills a disk with 380 MB a day, no faster
REPORTS_KEPT_MAX = 60  # of each node
DESIRED_BYTES_MAX = 256 << 10  # a file of `hub desired set`
DESIRED_KEPT_MAX = 20  # earlier ones of each node or group, for people

# Rhythm, calendars, estimates
SILENCE_HOURS_MIN = 2  # between hours with a contact: less is one stay on the link
SILENCES_LEARNT_MIN = 3  # before a school's own count
SILENCES_LEARNT_MAX = 60  # the newest: what is usual
SILENCE_SECONDS_ASSUMED = 24 * 3_600  # of who is new
OVERDUE_SECONDS_MIN = 24 * 3_600  # of open days: no alarm for an evening
UNHEARD_OVERDUE_SECONDS = 14 * 24 * 3_600  # of open days, since a box was confirmed: it has a way
OVERDUE_WEEKS = 52  # of open days: so seldom is a living school called overdue
CALENDAR_DAYS_MAX = 800  # that are looked through for open ones
CLOSURES_MAX = 200  # of one calendar
CALENDARS_MAX = 100
ESTIMATE_DAYS_MIN = 3  # with a known link, before anything is said
ESTIMATE_DAYS_MAX = 365  # past that a school needs a stick
ESTIMATE_DAYS_LOOKED_AT = 28  # of a link's past
STALLED_CONTACT_DAYS = 4  # on which as much was to come: somebody should look
RECORDS_IN_DANGER_DAYS = 14  # old, and no receipt covers them: they would be lost with the card

# Schools and their list
HISTORY_DAYS_KEPT = 100  # of each node: what its charts and its rhythm are drawn from
QUERY_CHARACTERS_MAX = 500
QUERY_TERMS_MAX = 20
SAVED_QUERIES_MAX = 100  # of one person
LISTED_MAX = 500  # schools in one answer
LISTED = 100  # where nobody says how many
SCHOOLS_SHOWN = 50  # on a page of the console
STATES_AT_ONCE = 20  # judged anew in one transaction: check-ins go on between
SCHOOLS_FILE_BYTES_MAX = 4 << 20  # by the command
SCHOOLS_SENT_BYTES_MAX = 448 << 10  # over HTTP: less than the server takes of any body
SCHOOLS_FILE_LINES_MAX = 20_000
PREVIEW_NODES_SHOWN = 50  # of a desired state's preview, those that it costs most first
STATES_CHECK_SECONDS = 20  # until somebody looks whether a release has changed how nodes stand
REASON_CHARACTERS_MAX = 240  # why a node is in its state

# The audit log
AUDIT_KEPT_MAX = 100_000  # what people and nodes did, and alarms
REFUSALS_KEPT_MAX = 20_000  # what strangers tried: they can't push out the others
REFUSALS_NOTED_AT_ONCE = 20  # of one address, then ...
REFUSAL_NOTED_SECONDS = 30.0  # ... one in so many; the rest is counted
REFUSALS_NOTED_AT_ONCE_OVERALL = 1_000  # of all addresses together: IPv6 gives anyone thousands
REFUSAL_NOTED_SECONDS_OVERALL = 1.0
AUDIT_LINES_SHOWN = 50
AUDIT_TEXT_CHARACTERS_MAX = 300
