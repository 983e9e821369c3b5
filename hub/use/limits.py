"""Every bound of what is used, with its unit."""

FEW_PUPILS = 5  # below it, a count is no count: nothing is said of what they did
DEEDS_ROUNDED_TO = 5  # what pupils did, so that no difference of two numbers says what a few did
MARK_DIGITS = 8  # of a digest that tells pupils of one row apart: 500 of them, one pair in 34,000
PUPILS_MAX = 20_000  # of one school, in one count: more are one that makes pupils up
LESSON_ROWS_MAX = 5_000  # of one school and month: beyond it, only the pack is counted
DAYS_BACK_MAX = 400  # what happened longer ago, by the node's clock, is kept and not counted
MONTHS_SHOWN_MAX = 36
RECORDED_SCHOOLS_SHOWN = 100  # on one page
PACKS_COUNTED_TOGETHER = 200  # in one query
