"""Every bound of exercises, with its unit."""

QUESTIONS_MAX = 200
OPTIONS_MAX = 50  # of one question, or of one gap
GAPS_MAX = 20
POINTS_MAX = 100  # of one question
CREDIT_FULL = 100  # percent
HTML_CHARACTERS_MAX = 40_000  # of one rendered text: a formula grows twentyfold
GIFT_QUESTION_CHARACTERS_MAX = 40_000
NUMBER_CHARACTERS_MAX = 60
UNIT_CHARACTERS_MAX = 20

# Of an answer that a pupil sends; more is not looked at
RESPONSE_VALUES_MAX = 100
RESPONSE_CHARACTERS_MAX = 2_000
