"""HTML fragments of packs: what may stand in them. All else is taken out.

A page is cleaned when it is built, and again before it is served: a pack may come from a builder
that isn't ours. Whatever goes in, what comes out has no script, no style, no form, no frame, no
handler, and asks no other server for anything. The allow-list has what Markdown makes (CommonMark,
tables, strikethrough, footnotes) and the presentation elements of MathML Core.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

_HTML = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em",
        "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li",
        "mark", "ol", "p", "pre", "rp", "rt", "ruby", "s", "section", "small", "span", "strong",
        "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
    }
)  # fmt: skip
_MATHML = frozenset(
    {
        "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
        "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub",
        "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
        "menclose", "mfenced",
    }
)  # fmt: skip
_MATHML_ATTRIBUTES = frozenset(
    {
        "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "columnspan",
        "depth", "displaystyle", "fence", "form", "height", "largeop", "linebreak",
        "linethickness", "lspace", "mathcolor", "mathsize", "mathvariant", "maxsize", "minsize",
        "movablelimits", "notation", "rowalign", "rowlines", "rowspacing", "rowspan", "rspace",
        "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
    }
)  # fmt: skip
_ATTRIBUTES = {
    "*": {"lang", "dir", "id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "math": {"display", "alttext", *_MATHML_ATTRIBUTES},
    **{tag: set(_MATHML_ATTRIBUTES) for tag in _MATHML - {"math"}},
}
_ALIGNMENTS = {"left", "center", "right"}
_CLASSES = {
    "a": {"outside", "footnote-backref"},
    "div": {"math"},
    "hr": {"footnotes-sep"},
    "li": {"footnote-item"},
    "ol": {"footnotes-list"},
    "section": {"footnotes"},
    "sup": {"footnote-ref"},
    "td": _ALIGNMENTS,
    "th": _ALIGNMENTS,
}
# What goes with all that stands in it. Of any other unknown element the content stays.
_DROPPED_WHOLE = {
    "annotation", "annotation-xml", "iframe", "noembed", "noframes", "noscript", "object",
    "script", "style", "template", "textarea", "title", "xmp",
}  # fmt: skip
# Taking elements out can change how the rest is read (MathML inside HTML inside MathML). So it is
# cleaned until nothing changes: only then a browser sees what was checked.
_ROUNDS_MAX = 8
_ID = re.compile(r"fn(?:ref)?[0-9]+(?::[0-9]+)?")  # footnotes; no other name may meet the site's
_OUTSIDE = re.compile(r"https?://[^/\\]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_MARKED_UP = re.compile(r"[<>&\x00-\x08\x0b-\x1f\xa0]")
_NAMES_URL = re.compile(r"\b(?:href|src)=")
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")


@dataclass(frozen=True)
class _Filter:
    """Judges the value of every attribute that the allow-list lets through."""

    address: Callable[[str], str | None]

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            return value if _ID.fullmatch(value) else None
        if attribute not in {"href", "src"}:
            return value
        if tag == "a" and (value.startswith("#") or is_outside(value)):
            return value
        return self.address(value) if is_relative(value) else None


def is_relative(url: str) -> bool:
    """Say whether `url` names a file beside the page: no scheme, no server, no root, no `#`.

    A URL with blanks or control characters isn't: browsers leave some of them out, and then it
    means something else.
    """
    return (
        bool(url)
        and not _BLANK_OR_CONTROL.search(url)
        and not url.startswith(("/", "\\", "#", "?"))
        and not _SCHEME.match(url)
    )


def is_outside(url: str) -> bool:
    """Say whether `url` names another server's page, over http or https."""
    return bool(_OUTSIDE.match(url)) and not _BLANK_OR_CONTROL.search(url)


def clean_fragment(html: str, *, address: Callable[[str], str | None] = str) -> str:
    """Return `html` with nothing in it but what the allow-list has.

    What was cleaned once, cleaning changes no more.

    `address` gives each relative URL of a link or picture its place on the site that serves the
    fragment; for None the URL is left out. Links to other servers stay; pictures from them go.
    """
    if not _MARKED_UP.search(html):
        return html  # most texts of an exercise are words alone
    for _ in range(_ROUNDS_MAX):
        cleaned = _CLEANER.clean(html)
        if cleaned == html:
            return html if address is str else _with_addresses(html, address)
        html = cleaned
    return nh3.clean(html, tags=set())  # it never settles: someone built it to. The text stays.


def _with_addresses(html: str, address: Callable[[str], str | None]) -> str:
    return _cleaner(address).clean(html) if _NAMES_URL.search(html) else html


def _cleaner(address: Callable[[str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_HTML | _MATHML),
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        attribute_filter=_Filter(address),
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


_CLEANER = _cleaner(str)  # making one takes forty times as long as cleaning a line
