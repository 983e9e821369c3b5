"""Every bound of the school's site, with its unit."""

from content_packs.limits import KIB

LANGUAGE_WISHES_MAX = 8  # of an Accept-Language header
FORM_BYTES_MAX = 256 * KIB
FORM_FIELDS_MAX = 2_000
HOST_CHARACTERS_MAX = 255
CONTENT_PIECE_BYTES = 64 * KIB  # read at a time where the server has no file wrapper
COOKIE_SECONDS = 365 * 24 * 3600
STATIC_SECONDS = 365 * 24 * 3600
RETRY_AFTER_SECONDS = 30
TOKEN_CHARACTERS_MAX = 64  # of a cookie that names a browser
RESUME_SECONDS_MIN = 5  # into a film, from which it is gone on with
APP_NUMBER_CHARACTERS_MAX = 32  # of a number that an app says
INLINED_BYTES_MAX = 4 * 1024 * KIB  # of pictures within the page that goes home
INLINED_PICTURE_BYTES_MAX = 512 * KIB  # of one of them
MATERIALS_SHOWN_MAX = 12  # of the school, on the first page
