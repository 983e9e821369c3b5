"""Languages as a reader meets them: their own names, their direction, and which to show.

Tags are BCP 47 (RFC 5646). A wish for `zh` is met by `zh-Hant` where there is nothing nearer, and
the other way round: RFC 4647's lookup (section 3.4), made lenient, since a pupil who reads one
form can mostly read the other, and something is better than nothing.
"""

from collections.abc import Iterable, Sequence

from content_packs.names import NO_LANGUAGE
from content_packs.values import Value

# What speakers call their own language: the languages of instruction in China's schools and the
# foreign languages that they teach. Another is shown by its tag.
_OWN_NAMES = {
    "ar": "العربية",
    "bo": "བོད་ཡིག",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "ii": "ꆈꌠꉙ",
    "ja": "日本語",
    "kk": "Қазақша",
    "kk-Arab": "قازاقشا",
    "ko": "한국어",
    "ky": "Кыргызча",
    "mn": "Монгол",
    "mn-Mong": "ᠮᠣᠩᠭᠣᠯ",
    "ru": "Русский",
    "ug": "ئۇيغۇرچە",
    "za": "Vahcuengh",
    "zh": "中文",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
}
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "nkoo", "syrc", "thaa"})


class Text(Value, frozen=True):
    """A text and its language; `language` is `und` where that isn't known."""

    value: str
    language: str = NO_LANGUAGE

    def __str__(self) -> str:
        return self.value


def own_name(tag: str) -> str:
    """Return what speakers call the language `tag`, or the tag itself."""
    return _OWN_NAMES.get(tag) or _OWN_NAMES.get(_primary(tag), tag)


def direction(tag: str) -> str:
    """Return `rtl` or `ltr`: how the language `tag` is written."""
    subtags = tag.lower().split("-")
    script = next((subtag for subtag in subtags[1:] if len(subtag) == 4 and subtag.isalpha()), "")
    if script:
        return "rtl" if script in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if subtags[0] in _RIGHT_TO_LEFT else "ltr"


def choose(available: Iterable[str], preferred: Sequence[str]) -> str:
    """Return which of the languages `available` to show to one who prefers `preferred`.

    The first wish that is met wins; where none is, the first available. Raises `ValueError` where
    nothing is available.
    """
    tags = list(available)
    if not tags:
        raise ValueError("no language is available")
    for wish in preferred:
        if wish in tags:
            return wish
        nearest = [tag for tag in tags if _primary(tag) == _primary(wish)]
        if nearest:
            return nearest[0]
    return tags[0]


def text_for(text: dict[str, str], preferred: Sequence[str]) -> Text:
    """Return a localised text in the language to show to one who prefers `preferred`."""
    if not text:
        return Text("")
    language = choose(text, preferred)
    return Text(text[language], language)


def _primary(tag: str) -> str:
    return tag.split("-", 1)[0].lower()
