"""Every bound of the teachers' pages, with its unit."""

from content_packs.limits import MIB

TASKS_SHOWN = 10  # of a class on one page
TASKS_OF_PUPIL_SHOWN = 30
TASKS_BEFORE_DAYS = 7  # that were due so long ago are on the first page
LINES_ON_PAGE = 30  # of materials, of wishes, of pinned packs
SHOWS_MAX = 100  # that run at a time; the one touched longest ago goes
SHOW_IDLE_SECONDS = 4 * 3_600.0  # after which a show that nobody touched is over
SHOW_HEIGHTS_MAX = 1_000  # of the wall, that a long page can be moved
SHOW_POLL_SECONDS = 1  # between two questions of a projector's page
SHOW_REFRESH_SECONDS = 4  # the same without JavaScript
DRAFTS_MAX = 20  # rosters that wait for their teacher's word
DRAFT_SECONDS = 3_600.0
UPLOAD_PLAIN_BYTES_MAX = 64 * MIB  # of a file that comes in one form, without JavaScript
ID_CHARACTERS_MAX = 64  # of an id in a form
