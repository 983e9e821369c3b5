"""Every bound of the school's site, with its unit."""

from content_packs.limits import KIB

LANGUAGE_WISHES_MAX = 8  # of an Accept-Language header
FORM_BYTES_MAX = 256 * KIB
FORM_FIELDS_MAX = 2_000
HOST_CHARACTERS_MAX = 255
ADDRESS_CHARACTERS_MAX = 2_000  # of a place to go back to
CONTENT_PIECE_BYTES = 64 * KIB  # read at a time where the server has no file wrapper
COOKIE_SECONDS = 365 * 24 * 3600
STATIC_SECONDS = 365 * 24 * 3600
RETRY_AFTER_SECONDS = 30
TOKEN_CHARACTERS_MAX = 64  # of a cookie that names a browser
RESUME_SECONDS_MIN = 5  # into a film, from which it is gone on with
DOCUMENT_PAGES_MAX = 100_000  # that a browser may say a document has
APP_NUMBER_CHARACTERS_MAX = 32  # of a number that an app says
INLINED_BYTES_MAX = 4 * 1024 * KIB  # of pictures within the page that goes home
INLINED_PICTURE_BYTES_MAX = 512 * KIB  # of one of them
MATERIALS_SHOWN_MAX = 12  # of the school, on the first page
PORTAL_SEEN_SECONDS = 60.0  # after which a phone that shows the portal's page is let go by itself
PORTAL_REMEMBERED_SECONDS = 12 * 3600.0  # that a phone was let go: as long as its lease
PORTAL_PHONES_MAX = 1_024  # that are remembered: more than the box has addresses for

# The server
PACKED_BYTES_MIN = 1_200  # of a page: less is one packet anyhow
PACKING_LEVEL = 4  # of gzip: 0.2 ms for a page here; 9 takes four times as long for 3% less
SEND_TURN_BYTES = 1024 * KIB  # of a file, to one browser before others have their turn
KNOWN_FILES_MAX = 1_024
KNOWN_FILE_SECONDS = 2.0  # less than PEER_PUPIL_SECONDS: whoever watches a film is seen to be there
WAITING_CONNECTIONS_MAX = 2_048  # that the kernel keeps until they are taken
TAKEN_TOGETHER = 32  # of them, before others have their turn
HEAD_BYTES_MAX = 32 * KIB  # of a request
HEAD_SECONDS_MAX = 15.0  # from its first byte to its last
FIRST_BYTE_SECONDS_MAX = 20.0  # of a new connection
IDLE_SECONDS_MAX = 75.0  # between two requests: browsers open some ahead
STALL_SECONDS_MAX = 60.0  # in which a browser takes no byte of its answer
STUCK_SECONDS = 10.0  # the same, after which it gives way where there are too many connections
UPLOAD_BYTES_MAX = 65 * 1024 * KIB  # of a body below /teacher/; the views have their own bounds
BODY_SECONDS_FREE = 20.0  # of a form or an upload, before its rate counts
BODY_BYTES_PER_SECOND_MIN = 2 * KIB  # from its beginning on
LARGE_BODIES_MAX = 4  # uploads of more than a form may have, under way together
ADDRESS_CONNECTIONS_MAX = 128  # of one address, where half of all are taken; a router may hide 40
FAIR_CONNECTIONS_MAX = 24  # of one address: who has more gives way before others
GIVING_WAY_TOGETHER = 32  # connections that are closed when there are too many
SWEEP_SECONDS = 1.0  # between two looks for connections whose time is over
