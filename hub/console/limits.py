"""The bounds of the console, each with its unit."""

NEXT_CHARACTERS_MAX = 512  # of the place to go on to after signing in
REQUESTS_SHOWN = 50  # on a page
FIRST_SHOWN = 8  # schools on the first page
CHART_POINTS_MAX = 400
ASSET_SECONDS = 31_536_000  # a year: another content has another address
ASSET_BYTES_MAX = 512 * 1024  # of one style sheet or script, which is kept in memory
DOOR_TOKEN_BYTES = 24
