"""Every bound of the people at the hub and their ways in, with its unit."""

from datetime import timedelta

# People
LOGIN_CHARACTERS_MAX = 64
NAME_CHARACTERS_MAX = 120
PEOPLE_MAX = 5_000
TOWNSHIPS_OF_PERSON_MAX = 500
TOWNSHIP_CHARACTERS_MAX = 120

# Passwords. No rules of capitals and digits: length is what counts, and what many use is refused.
PASSWORD_CHARACTERS_MIN = 10
PASSWORD_BYTES_MAX = 1_024
ARGON2_MEMORY_KIB = 19 * 1024  # OWASP's least, 25 ms: eight threads at once are 152 MiB
ARGON2_TIMES = 2
ARGON2_LANES = 1
LINK_LIFETIME = timedelta(hours=24)  # of a link that sets a password

# Sessions and tokens
TOKEN_BYTES = 32  # of randomness
SESSION_LIFETIME = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)
SESSION_SEEN_EVERY = timedelta(minutes=5)  # no write with each click
SESSIONS_OF_PERSON_MAX = 20  # the oldest goes
DEVICES_OF_PERSON_MAX = 20  # that signed in before
TOKEN_NAME_CHARACTERS_MAX = 80
TOKEN_DAYS = 90
TOKEN_DAYS_MAX = 366
TOKENS_OF_PERSON_MAX = 50

# Second factor (RFC 6238)
TOTP_SECRET_BYTES = 20
TOTP_STEP_SECONDS = 30
TOTP_DIGITS = 6
TOTP_STEPS_AROUND = 1  # before and after now: a phone's clock is off, a person types slowly

# Tries to sign in: so many at once, then one in so many seconds, until one succeeds
TRIES_OF_LOGIN = 5  # from devices that it never signed in from
TRY_OF_LOGIN_SECONDS = 60
TRIES_OF_DEVICE = 10  # of a login, from a device that it signed in from before
TRY_OF_DEVICE_SECONDS = 30
TRIES_OF_NETWORK = 30  # a district office is one address
TRY_OF_NETWORK_SECONDS = 30
TRIES_OF_ALL = 300  # whoever has a thousand networks: 25 ms of a processor for each
TRY_OF_ALL_SECONDS = 1

PEOPLE_SHOWN = 100  # on a page

# When the first page says that somebody tries passwords
REFUSED_LOOKED_BACK = timedelta(hours=24)
REFUSED_NOTEWORTHY = 40  # written down; of a flood only some are
CHECKPOINT_LATE = timedelta(days=3)
