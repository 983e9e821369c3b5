"""Every bound of visits, with its unit."""

from content_packs.limits import GIB

STOPS_MAX = 40  # of one visit: more than somebody drives to in days
STOPS_OF_WAY = 8  # that a proposal puts on one way, as a rule
CANDIDATES_MAX = 2_000  # schools that one look at who needs a visit shows
NODES_ASKED_AT_ONCE = 500  # in one statement
VISITS_OPEN_MAX = 500
VISITS_LISTED = 100
TEXT_CHARACTERS_MAX = 120
NOTE_CHARACTERS_MAX = 400
STICKS_KEPT_DAYS = 30  # a packed stick that nobody fetched
EARTH_KILOMETRES = 6371.0
AWAY_DAYS = 14  # after which somebody should ask where a stick is
SETTLE_SECONDS = 300  # between two looks which sticks have come home
WAYS_SHOWN = 20  # on a page: each is a form with a line for each of its schools
STICK_BYTES_MAX = 4 * GIB  # that come out of a zip of one: some thousand boxes, months of each
TROUBLES_SHOWN = 40  # of one stick
WAITING_SHOWN = 40  # boxes of one stick whose claims wait: the others stand on Enrolment
NUMBER_DIGITS_MAX = 9  # of a way's place in the list
