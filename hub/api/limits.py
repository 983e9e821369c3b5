"""The bounds of the API for staff, each with its unit."""

PATH_CHARACTERS_MAX = 200  # of one part of an address
QUERY_CHARACTERS_MAX = 8_192
TOKEN_CHARACTERS_MAX = 200
