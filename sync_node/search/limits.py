"""Every bound of search, with its unit."""

from content_packs.limits import KIB, MIB

# What is typed
QUESTION_CHARACTERS_MAX = 120
TERMS_MAX = 8  # runs of letters; later ones are left out
RUN_TOKENS_MAX = 16  # of one run of Chinese in a question
PARTS_MAX = 20  # of a whole question: words, and pairs of characters
PARTS_AROUND_MAX = 6  # of a question that may stand in several places, though it was found in one
TEXT_PREFIX_LETTERS_MIN = 3  # of a word that is being typed, to look for its beginning in texts
WORD_CHARACTERS_MAX = 40  # a longer one counts by its beginning

# What is indexed
PASSAGE_CHARACTERS_MAX = 600
PASSAGES_MAX = 2_000  # of one item, in all its languages
TEXT_BYTES_MAX = 4 * MIB  # of one page or one file of captions
PDF_BYTES_MAX = 64 * MIB
PDF_PAGES_MAX = 1_000
PDF_TEXT_BYTES_MAX = 2 * MIB
PDF_SECONDS_MAX = 120  # that a PDF may be read for
PDF_MEMORY_BYTES_MAX = 400 * MIB  # of address space, of the process that reads it
PINYIN_LETTERS_MAX = 16  # of one token: about five syllables
PINYIN_INITIALS_MAX = 8
PINYIN_READINGS_MAX = 6  # ways to read one run
SPELT_LETTERS_MIN = 4  # of a word that a typo is mended in
SPELT_LETTERS_MAX = 24
SPELT_WORDS_MAX = 200_000
SPELT_WORDS_REMEMBERED = 20_000  # while filling, so as not to ask for each again

# Filling
BATCH_ROWS = 3_000  # of one transaction, about
BATCHES_UNMERGED_MAX = 32  # each is a segment that every question looks into
MERGE_PAGES = 1_000  # of 4 KiB, of one transaction that merges
DATABASE_CACHE_KIB = 8 * 1024  # of the process that fills
WAL_PAGES = (
    4_000  # of 4 KiB, after which SQLite writes them to their places: merges write some often
)
BUSY_SECONDS = 30.0
FREE_BYTES_MIN = 48 * MIB  # on the disk, below which nothing is added
LOOK_SECONDS = 20.0  # between two looks at whether something was activated
FAILED_SECONDS = 600.0  # before filling that failed is tried again
NICE = 19

# Answers
CANDIDATES_MAX = 1_000  # that one way of matching counts
RANKED_MAX = 120  # of them that are looked at to put them in order
HITS_SHOWN = 20
HITS_OFFSET_MAX = 100
PLACES_LOOKED_AT = 8  # within one item, for those in the reader's language
PLACES_SHOWN = 3  # within one item
HITS_WITH_PLACES = 5  # the first; each later one shows one place, so that a page stays light
SUGGESTIONS_SHOWN = 7
SNIPPET_CHARACTERS = 110
RELAXED_MAX = 3  # words that may be left out where all together find nothing
VOTES_MAX = 5  # parts of a question of which some are enough
VOTED_MAX = 400  # rows that have one of them
COUNTED_MAX = 500  # rows, to tell a rare part from a common one
QUERY_SECONDS_MAX = 0.5  # of looking; then what was found until then is shown
SHOW_SECONDS_MAX = 0.5  # of putting it in order and showing it
PROGRESS_STEPS = 4_000  # of SQLite, between two looks at the clock
READER_CACHE_KIB = 2 * 1024  # of each of the site's threads
NEAR_WORDS_MAX = 24  # that a typo is compared with

# Browsing
SHELF_PACKS_SHOWN = 24
HOME_PACKS_MAX = 48  # up to so many, the home page lists them all

TITLE_BYTES_MAX = 64 * KIB
