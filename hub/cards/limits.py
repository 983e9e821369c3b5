"""Every bound of cards, with its unit."""

SEEDS_AT_ONCE_MAX = 500  # by the command
SEEDS_SENT_MAX = 100  # over HTTP: a download, or an answer, of about half a megabyte
RECEIPTS_SENT_BYTES_MAX = 448 << 10  # over HTTP: less than the server takes of any body
CARDS_SHOWN = 100  # on a page, in an answer
CARDS_OF_SCHOOL_SHOWN = 8  # on the school's page
RECEIPTS_SHOWN = 5  # of one card, the newest
REFUSALS_SHOWN = 10  # receipts that weren't taken, in one message
IMAGE_MAP_BYTES_MAX = 8 << 20  # of an image whose map is signed
LABEL_CHARACTERS_MAX = 60
WIFI_NAME_DEFAULT = "Satchel"
