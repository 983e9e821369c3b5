"""Every bound of the formats, with its unit. A reader refuses what goes past them."""

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30

# Names and texts
NAME_CHARACTERS_MAX = 64
LANGUAGE_CHARACTERS_MAX = 35
LANGUAGES_MAX = 64
TEXT_CHARACTERS_MAX = 4_000
TEXTS_IN_LIST_MAX = 100
VERSION_MAX = 2**31 - 1
INTEGER_MAX = 2**53 - 1  # what JSON carries exactly (RFC 8259, section 6; RFC 7493)

# Paths
PATH_BYTES_MAX = 512
PATH_COMPONENT_BYTES_MAX = 200
PATH_DEPTH_MAX = 16

# A pack
FILES_MAX = 100_000
LESSONS_MAX = 2_000
ITEMS_IN_LESSON_MAX = 500
FILE_BYTES_MAX = 16 * GIB
PACK_BYTES_MAX = 256 * GIB

# Documents: what they weigh on the wire, and when parsed
MANIFEST_BYTES_MAX = 64 * MIB
MANIFEST_STORED_BYTES_MAX = 32 * MIB
WITHDRAWN_VERSIONS_MAX = 64  # that an offer names
STAGED_SHARE_MAX = 10_000  # all nodes, in ten-thousandths
STAGED_SEED_HEX_DIGITS = 32
STAGED_MARK_HEX_DIGITS = 8  # of a node in a list: a hub takes a seed by which no two are alike
STAGED_NODES_MAX = 2_000  # in a list: 16 kB that each follower of the channel fetches
LAYOUT_BYTES_MAX = 64 * MIB
LAYOUT_STORED_BYTES_MAX = 32 * MIB
JSON_DEPTH_MAX = 32
JSON_COMMAS_MAX = 8_000_000  # and so values; a layout of 256 GiB has some 6 million
TOML_BYTES_MAX = 1 * MIB
PAGE_MEMO_BYTES_MAX = 64 * MIB  # of what a builder remembers of a pack's pages
PAGE_BYTES_MAX = 4 * MIB
CAPTIONS_BYTES_MAX = 4 * MIB
EXERCISE_BYTES_MAX = 1 * MIB
CPACK_HEAD_BYTES_MAX = 64 * KIB
METADATA_BYTES_MAX = 8 * MIB  # one TUF file
KEY_FILE_BYTES_MAX = 16 * KIB
PASSPHRASE_BYTES_MIN = 16  # PKCS #8 as we write it stretches by 2,048 rounds only
PASSPHRASE_BYTES_MAX = 1_000
PUBLICATION_BYTES_MAX = 16 * KIB
HUB_KEYS_MAX = 8  # of each purpose in targets: one in use, and those that take over from it

# What hub and node say to each other (PROTOCOL.md)
DOCUMENT_BYTES_MAX = 256 * KIB  # one signed document
MESSAGE_VALUES_MAX = 200_000  # in one message; each takes some 70 bytes of memory, in 2 bytes here
ANSWER_BYTES_MAX = 1 * MIB  # the hub's answer to a check-in, up to five documents in it, two large
STATUS_LIST_BYTES_MAX = 1 * MIB
STATUS_REVOKED_MAX = 10_000
REPORT_BYTES_MAX = 64 * KIB
REPORT_PACKS_MAX = 128
REPORT_TROUBLES_MAX = 32
REPORT_FAILED_MAX = 16  # versions of the system that didn't serve
REPORT_TEXT_CHARACTERS_MAX = 240  # also of a trouble in words
REPORTS_IN_BATCH_MAX = 64
CHECK_IN_BYTES_MAX = REPORT_BYTES_MAX + 4 * KIB
SEALED_CONTENT_BYTES_MAX = 128 * KIB  # base64 twice over, it still fits a document
REQUESTS_IN_BATCH_MAX = 50  # wishes, and as many offers
WISH_CHARACTERS_MAX = 500  # in a teacher's words
MATERIAL_BYTES_MAX = 4 * GIB  # a material of a school's own, that it offers
FILE_HEADER_BYTES_MAX = 1 * KIB  # before the bytes of a piece of one
ANSWERS_MAX = 100  # to a school's requests, in one document
FILES_ASKED_MAX = 8  # of one school, at a time
SHORT_TEXT_CHARACTERS_MAX = 120  # a model, a serial number, a software version, a school's title
GROUPS_MAX = 16
DESIRED_CHANNELS_MAX = 32
DESIRED_PACKS_MAX = 1_000
DESIRED_PINS_MAX = 1_000
DESIRED_WINDOWS_MAX = 24
KBIT_PER_SECOND_MAX = 10_000_000
MEGABYTES_MAX = 10_000_000  # of a budget
PROTOCOL_YEAR_MIN = 1970
PROTOCOL_YEAR_MAX = 2999
CODE_TEXT_CHARACTERS_MAX = 64  # what a person types, with spaces and hyphens
FIELD_VALUE_CHARACTERS_MAX = 2_000  # one header field of a signed request
FIELD_MEMBERS_MAX = 16  # in a dictionary, an inner list, or among parameters
AUTHORITY_CHARACTERS_MAX = 260  # 253 of a host name (RFC 1035), and a port
TARGET_CHARACTERS_MAX = 4_000  # of a path, and of a query

# A card for a school, and the receipt of one that was written (PROTOCOL.md, sections 13 and 14)
CARD_ROOT_BYTES_MAX = 32 * KIB  # of the root metadata in a seed
CARD_TARGETS_BYTES_MAX = 64 * KIB  # of the targets metadata in it; all of it fits a document
CARD_HUBS_MAX = 4
CARD_HUB_CHARACTERS_MAX = 300  # of a hub's address
CARD_AUTHORITY_CHARACTERS_MAX = 8 * KIB  # of certificates in PEM, of each hub
CARD_NUMBER_MAX = 9_999_999
WIFI_NAME_BYTES_MAX = 32  # IEEE 802.11-2020, 9.4.2.2
WIFI_PASSPHRASE_CHARACTERS_MIN = 8  # IEEE 802.11-2020, J.4
WIFI_PASSPHRASE_CHARACTERS_MAX = 63
CARD_RECEIPT_BYTES_MAX = 16 * KIB  # one line
CARD_RECEIPTS_BYTES_MAX = 4 * MIB  # one file of them
CARD_RECEIPTS_MAX = 5_000
CARD_PACKS_MAX = 64  # preloaded onto one card

# Records, as RECORDS.md has them
RECORD_BYTES_MAX = 8 * KIB  # one statement
RECORD_IRI_CHARACTERS_MAX = 400  # four names and what stands before them
RECORD_RESPONSE_CHARACTERS_MAX = 500  # of what a pupil answered to one question; the rest is cut
RECORD_SECONDS_MAX = 604_800  # a week: of a place in a film, and of what a try took
RECORDS_IN_BATCH_MAX = 2_000
RECORDS_IN_BATCH_BYTES_MAX = 1 * MIB  # before compression; it still fits sealed content, mostly
RECORDS_HEADER_BYTES_MAX = 1 * KIB  # the line before them

# A courier's stick (PROTOCOL.md, section 11)
COURIER_BYTES_MAX = 8 * MIB  # of courier.json
COURIER_FILES_MAX = 20_000  # that it names, and that are looked at in one folder
COURIER_NODES_MAX = 5_000  # schools of one stick
FAT_FILE_BYTES_MAX = 4 * GIB - 1

# Chunks and blocks
CHUNK_BYTES_MAX = 1 * MIB  # also the largest file that is one chunk
CHUNK_BYTES_MIN = 64 * KIB  # of a chunk cut by content, but a file's last
CHUNK_MASK_BITS = 18  # a cut about every 256 KiB past the smallest
BLOCK_BYTES_MAX = 4 * MIB  # uncompressed; what a node holds at a time, and must fetch at the least
BLOCK_BYTES_FIRST = 256 * KIB  # of the first block of texts, so that the first lesson opens early
BLOCK_BYTES_SMALL_FILES = 1 * MIB  # of the first block of a lesson's pictures and other small files
BLOCK_STORED_BYTES_MAX = BLOCK_BYTES_MAX + 4 * KIB  # a frame that didn't shrink
BLOCK_CHUNKS_MAX = 4_096
BUNDLES_IN_LAYOUT_MAX = 1_000

# Deltas
DELTA_FIRST_BYTES = 64 * KIB  # what a reader asks for first: is there a delta, and its head
DELTA_RECIPE_BYTES_MAX = 2 * MIB  # as it is, and stored
DELTA_TEMPLATE_BYTES_MIN = 4 * MIB  # that a template may have, besides ...
DELTA_TEMPLATE_GROWTH_MAX = 4  # ... this times the old manifest: nobody has vouched for it
DELTA_GROUP_BYTES_MAX = 4 * MIB  # of new bytes and prefix together: what a reader holds
DELTA_GROUP_STORED_BYTES_MAX = DELTA_GROUP_BYTES_MAX + 4 * KIB
DELTA_DERIVED_BYTES_MAX = 128 * MIB  # new bytes that are made before the manifest can be checked
DELTA_DERIVED_STORED_BYTES_MAX = 4 * MIB
DELTA_DERIVED_PREFIX_BYTES_MAX = 128 * MIB
DELTA_PREFIX_BYTES_MIN = 256 * MIB  # that all prefixes of groups may have together, besides ...
DELTA_PREFIX_SHARE_MAX = 4  # ... this times what the groups make: work that costs few bytes
DELTA_OLD_FILES_MAX = 16  # that one large file is made from
DELTA_COPIES_MAX = 100_000
DELTA_RENAMES_MAX = 64
DELTA_EDITS_MAX = 16
DELTA_EDIT_BYTES_MAX = 4 * KIB  # of either text

# Work
COPY_BUFFER_BYTES = 1 * MIB

# Looking at what authors give
MEDIA_DESCRIPTION_BYTES_MAX = 4 * MIB  # read of a film to know its tracks
MEDIA_PARTS_MAX = 4_096  # boxes or elements side by side
MEDIA_SECONDS_MAX = 7 * 24 * 3_600.0
PICTURE_PIXELS_MAX = 25_000_000  # more costs 100 MB of memory to show, or is a bomb
CAPTIONS_CUES_MAX = 50_000
STYLE_SHEET_BYTES_MAX = 1 * MIB  # read of a style sheet to know what it needs
FAULTS_MAX = 1_000  # of each severity; more than anyone reads

# Formulas in pages and exercises
FORMULA_CHARACTERS_MAX = 1_000
FORMULA_DEPTH_MAX = 24  # of braces; latex2mathml recurses
