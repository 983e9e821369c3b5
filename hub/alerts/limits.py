"""Every bound of alerts, with its unit."""

LOOK_SECONDS = 60
TELL_AGAIN_SECONDS = 3_600  # between two messages on one route, unless something is urgent
ENDED_KEPT_DAYS = 400
OPEN_MAX = 5_000  # alerts at once: 800 schools that are all silent are said in one message anyway
OPEN_SHOWN = 500
ENDED_SHOWN = 50
JOB_FAILED_HOURS = 24  # for so long a failed job is something that is wrong
SHOWN_OF_REASON = 12  # schools named in a message; the rest are counted
SUBJECT_CHARACTERS_MAX = 200
WORDS_CHARACTERS_MAX = 500
ROUTES_MAX = 50
ROUTE_FAILURES_SHOWN = 3  # after so many in a row the console says that a route is broken

MAIL_SECONDS_MAX = 30.0
MAIL_ADDRESS_CHARACTERS_MAX = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets

WEBHOOK_SECONDS_MAX = 10.0
WEBHOOK_ANSWER_BYTES_MAX = 16 * 1024
WEBHOOK_BODY_BYTES_MAX = 256 * 1024
URL_CHARACTERS_MAX = 2_000
ADDRESSES_OF_HOST_MAX = 16
SECRET_BYTES = 24
