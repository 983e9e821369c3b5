"""Enrolment codes: what a person reads off a sheet and types into a node.

50 random bits in 10 characters of Crockford's base 32, and a check character: eleven, shown as
`XXXX-XXX-XXXX`. The alphabet has no I, L, O, U.

The check character is Damm's algorithm in the field GF(2^5): state = 2·(state + character), with
x^5 + x^2 + 1; after all eleven the state is 0. Every single wrong character and every swap of two
different characters is found, since neither 2 nor any of its powers below the 31st is 1.

Reading forgives case, O for 0, I and L for 1, white space, hyphens of any kind, and the full-width
characters of East Asian keyboards. See PROTOCOL.md, section 5.
"""

import re
import unicodedata

from content_packs.errors import InvalidContent
from content_packs.limits import CODE_TEXT_CHARACTERS_MAX

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS = 11
CODE_RANDOM_BYTES = 7  # of which 50 bits are used
FINGERPRINT_CHARACTERS = 16

_BITS = 5
_RANDOM_BITS = (CODE_CHARACTERS - 1) * _BITS
_OVERFLOW, _POLYNOMIAL = 0b100000, 0b100101  # x^5 + x^2 + 1, primitive over GF(2)
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = {"O": "0", "I": "1", "L": "1"}
_IGNORED_CATEGORIES = {"Pd", "Zs", "Cc", "Cf"}  # dashes, spaces, tabs and what can't be seen
_IGNORED = "\N{MINUS SIGN}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}_."  # typed for a hyphen

_FINGERPRINT = re.compile(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}")

_HINT = "A code has 11 letters and digits, such as 7K3M-Q8T-X2YA. Read it off the sheet again."


def generate(randomness: bytes) -> str:
    """Return a new code of 50 of the bits in `randomness`, `CODE_RANDOM_BYTES` fresh random bytes.

    Raises `ValueError` for another number of bytes.
    """
    if len(randomness) != CODE_RANDOM_BYTES:
        raise ValueError(f"{len(randomness)} random bytes, expected {CODE_RANDOM_BYTES}")
    body = _characters(int.from_bytes(randomness) >> (8 * CODE_RANDOM_BYTES - _RANDOM_BITS), 10)
    return body + ALPHABET[_state(body)]


def is_code(code: str) -> bool:
    """Say whether `code` is one, in capitals and without hyphens, and its check character right."""
    return (
        len(code) == CODE_CHARACTERS
        and all(character in _VALUES for character in code)
        and _state(code) == 0
    )


def shown(code: str) -> str:
    """Return a code as it is printed: `XXXX-XXX-XXXX`."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}"


def read(text: str) -> str:
    """Return the code that a person typed, in capitals and without hyphens.

    Raises `InvalidContent`, which never repeats the code: messages end up in logs.
    """
    if len(text) > CODE_TEXT_CHARACTERS_MAX:
        raise InvalidContent(f"enrolment code: {len(text)} characters are too many", hint=_HINT)
    found = ""
    for character in unicodedata.normalize("NFKC", text).upper():
        if unicodedata.category(character) in _IGNORED_CATEGORIES or character in _IGNORED:
            continue
        found += _MISREAD.get(character, character)
    for place, character in enumerate(found, start=1):
        if character not in _VALUES:
            raise InvalidContent(
                f"enrolment code: character {place}, {character!r}, is in no code", hint=_HINT
            )
    if len(found) != CODE_CHARACTERS:
        raise InvalidContent(
            f"enrolment code: {len(found)} letters and digits, expected {CODE_CHARACTERS}",
            hint=_HINT,
        )
    if _state(found):
        raise InvalidContent("enrolment code: a character is wrong, or two are swapped", hint=_HINT)
    return found


def fingerprint(keyid: str) -> str:
    """Return what people compare to know a key by: the first 80 bits of its keyid, in base 32.

    Four groups of four characters. Node and hub show the same.
    """
    text = _characters(int(keyid[:20], 16), FINGERPRINT_CHARACTERS)
    return "-".join(text[at : at + 4] for at in range(0, FINGERPRINT_CHARACTERS, 4))


def is_fingerprint(text: str) -> bool:
    """Say whether `text` has the form of a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def _characters(value: int, count: int) -> str:
    return "".join(
        ALPHABET[value >> (_BITS * place) & (len(ALPHABET) - 1)] for place in reversed(range(count))
    )


def _state(characters: str) -> int:
    state = 0
    for character in characters:
        state = (state ^ _VALUES[character]) << 1
        if state & _OVERFLOW:
            state ^= _POLYNOMIAL
    return state
