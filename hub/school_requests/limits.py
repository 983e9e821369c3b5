"""Every bound of schools' requests, with its unit."""

REQUESTS_OF_SCHOOL_MAX = 2_000  # kept; what is closed goes first
OFFERED_RESERVE_BYTES = 1 << 30  # free, that no file of a school's takes
FILE_NAME_CHARACTERS_MAX = 50  # of a title, in the name of a file
LIST_MAX = 500  # requests in one answer of the API
WISHED_SHOWN = 10  # packs and lessons that most schools wish for
NUMBER_DIGITS_MAX = 15  # of a request's number in an address
