"""Taking secrets and people out of text that leaves the box. Pure.

Gone are: names of pupils, teachers and classes; keys, tokens, codes, PINs and passwords, by how
they look or by what stands before them. What is doubtful goes. Digests stay: they are public, and a
log without them says little; so do fingerprints and ids of nodes and packs.
"""

import re
from collections.abc import Iterable
from functools import cache

REMOVED = "[removed]"
SOMEBODY = "[name]"

_NAMED = (
    r"authorization|bearer|cookie|set-cookie|passphrase|password|passwd|secret|token|session|device"
    r"|credential|api[-_ ]?key|private[-_ ]?key|pin|code|psk"
)
_RULES = (  # pattern, flags, and what is put instead
    (r"-----BEGIN [^-]{1,60}-----.*?(?:-----END [^-]{1,60}-----|\Z)", re.DOTALL, REMOVED),
    (r"scrypt:\S+", 0, REMOVED),
    (r"(://)[^\s/@]+@", 0, rf"\1{REMOVED}@"),
    (rf"(?i)\b((?:{_NAMED})s?[\"']?\s*[:=]\s*)([\"'])(?:(?!\2).)*\2", 0, rf"\1\2{REMOVED}\2"),
    (r"(?i)\b(pass(?:phrase|word)s?[\"']?\s*[:=]\s*)[^\"',;&\[\]{}\n]+", 0, rf"\1{REMOVED}"),
    (
        rf"(?i)\b({_NAMED})(s?[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',;&\[\]{{}}]+",
        0,
        rf"\1\2{REMOVED}",
    ),
    (r"(?i)\b(bearer|basic|pin|passphrase|password)(\s+)(?=\S*\d)[^\s\"',;&\[\]{}]+", 0,
     rf"\1\2{REMOVED}"),
    # Codes from the console and from printed sheets: groups of Crockford's base 32.
    (r"(?i)\b[0-9a-hjkmnp-tv-z]{4,5}(?:-[0-9a-hjkmnp-tv-z]{4,5}){2,7}\b(?!-)", 0, REMOVED),
)  # fmt: skip
_TOKEN_CHARACTERS_MIN = 20
_TOKEN = re.compile(r"(?<![\w/+=-])[A-Za-z0-9_+/=-]{20,}(?![\w/+=-])")
_HEXADECIMAL = re.compile(r"(?:sha256[:-])?[0-9a-f]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}(?:[-_]?[A-Z][a-z]{2,}|[-_][a-z]{2,})*")
_WORD = re.compile(r"[^\W_]")
_BEGINNINGS = re.compile(r"(?<![^\W_])[^\W_]|[\u2e80-\U0010ffff]")  # of words, and of any Chinese
_BEFORE = re.compile(r"\A(?:(?![\u2e80-\U0010ffff])[\W_])+")
_SHORT_NAME = 3


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the rules. Compiled late: a start has no time for what few starts need."""
    return tuple((re.compile(pattern, flags), instead) for pattern, flags, instead in _RULES)


class Redactor:
    """Takes secrets out of any text, and the names that it was given.

    Names without a letter, and single Latin letters, name nobody: a class may be called 4, or A.
    Short names count as they are written only: Do is a name, and do is none.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, set[str]] = {}  # without regard to case: as they are written
        lengths: dict[str, set[int]] = {}
        for name in {_BEFORE.sub("", name.strip()) for name in names}:
            if any(map(str.isalpha, name)) and (len(name) > 1 or not _has_ends(name)):
                self._names.setdefault(name.casefold(), set()).add(name)
                lengths.setdefault(name[0].casefold(), set()).add(len(name))
        self._lengths = {first: sorted(found)[::-1] for first, found in lengths.items()}

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        for pattern, instead in _rules():
            text = pattern.sub(instead, text)
        return self._without_names(_TOKEN.sub(_token, text))

    def _without_names(self, text: str) -> str:
        """Return the text without names. In one pass: a school has thousands of them."""
        pieces, kept = [], 0
        for found in _BEGINNINGS.finditer(text) if self._names else ():
            at = found.start()
            if at >= kept and (length := self._name_at(text, at)):
                pieces += [text[kept:at], SOMEBODY]
                kept = at + length
        return "".join([*pieces, text[kept:]])

    def _name_at(self, text: str, at: int) -> int:
        """Return how long the name is that begins at a place of the text, 0 for none there."""
        for length in self._lengths.get(text[at].casefold(), ()):
            end = at + length
            names = self._names.get(text[at:end].casefold(), ())
            is_one = text[at:end] in names if length <= _SHORT_NAME else bool(names)
            ends_within = end < len(text) and _has_ends(text[end]) and _has_ends(text[end - 1])
            if is_one and not ends_within:
                return length
        return 0


def _has_ends(character: str) -> bool:
    """Say whether words of it have ends: Chinese and the like are written without spaces."""
    return bool(_WORD.match(character)) and ord(character) < 0x2E80


def _token(found: re.Match[str]) -> str:
    """Keep what can't be a secret: digests, ids, paths and plain words."""
    text = found[0]
    if all(_is_plain(part) for part in re.split(r"[/=]", text)):
        return text
    return REMOVED


def _is_plain(part: str) -> bool:
    """Say whether a part of a path is a word, a number, an id or a digest."""
    if len(part) < _TOKEN_CHARACTERS_MIN or _HEXADECIMAL.fullmatch(part) or _UUID.fullmatch(part):
        return True
    small, large = any(map(str.islower, part)), any(map(str.isupper, part))
    digits = sum(map(str.isdigit, part))
    if small and large:
        return not digits and bool(_WORDS.fullmatch(part))
    return digits * 3 <= len(part)
