"""Pages: Markdown → HTML fragments, when a pack is built (FORMAT.md, section 2.4).

CommonMark with tables, strikethrough, footnotes and maths. Nothing an author writes stops the
build half way: what can't be shown is noted as a fault with its line, and the rest goes on.

1. Raw HTML is not passed through; it is shown as the text that it is. Comments are left out.
2. Links are relative, or lead outside (http, https) and say so. Pictures are relative.
3. Whatever comes out is cleaned by `fragments`, the same way as on the box that serves it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from content_packs import pages_maths
from content_packs.errors import InvalidContent
from content_packs.faults import Fault, Severity
from content_packs.fragments import clean_fragment, is_outside, is_relative
from content_packs.pages_text import lost_formula, plain_text

_ALIGNMENT = "text-align:"
_MATHS = {"math_inline", "math_inline_double", "math_block", "math_block_label"}


@dataclass(frozen=True)
class Link:
    """What a page names in line `line`. A picture is shown with it; `outside` needs the internet.

    `url` is percent-encoded, as it stands in the HTML.
    """

    url: str
    line: int
    is_picture: bool = False
    outside: bool = False


@dataclass(frozen=True)
class RenderedPage:
    """A page as a fragment. `text` is what can be read in it, for the search; lines start at 1."""

    html: str
    heading: str | None
    links: list[Link]
    text: str
    faults: list[Fault]


@dataclass(frozen=True)
class RenderedInline:
    """A line of Markdown as HTML, and as `plain` text for where HTML can't stand (an `<option>`).

    `problems` are what is wrong with it, each with a hint of what to do.
    """

    html: str
    plain: str
    problems: list[tuple[str, str]]


def render_markdown(
    text: str, *, path: str, resolve: Callable[[str], str | None] | None = None
) -> RenderedPage:
    """Return the page that `text` makes; `path` names it in faults.

    `resolve` gives each relative URL the one to write in its place, for files that get another name
    when built; for None it stays as it is.
    """
    reader = _Reader(path, resolve)
    tokens = _PAGES.parse(text)
    _retype(tokens, reader)
    html = str(_PAGES.renderer.render(tokens, _PAGES.options, {}))
    return RenderedPage(
        html=clean_fragment(html),
        heading=_heading(tokens),
        links=reader.links,
        text=plain_text(tokens),
        faults=reader.faults,
    )


def render_inline(text: str) -> RenderedInline:
    """Return a prompt, an option or another short text of an exercise as HTML.

    Emphasis, code and maths. Links and pictures are problems: an exercise names its picture itself.
    """
    reader = _Reader("", None, inline=True)
    lines = [_INLINE.parseInline(part) for part in _paragraphs(text)]
    for tokens in lines:
        _retype(tokens, reader)
    html = "<br><br>".join(
        str(_INLINE.renderer.render(tokens, _INLINE.options, {})) for tokens in lines
    )
    return RenderedInline(
        html=clean_fragment(html).strip(),
        plain=" ".join(plain_text(tokens) for tokens in lines).strip(),
        problems=[(fault.message, fault.hint) for fault in reader.faults],
    )


@dataclass
class _Reader:
    """What is noted while a page is read."""

    path: str
    resolve: Callable[[str], str | None] | None
    inline: bool = False
    links: list[Link] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def note(self, severity: Severity, message: str, hint: str, line: int) -> None:
        self.faults.append(Fault(severity, self.path, message, hint, line))


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - the library's name
        """Let every link through: they are judged below, each with its line."""
        return True


def _parser() -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin)
    parser.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        double_inline=True,
    )
    return parser


_PAGES = _parser()
_INLINE = _parser().disable(["footnote_ref", "footnote_inline"])


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in [*text.strip().split("\n"), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []


def _retype(tokens: list[Token], reader: _Reader) -> None:
    """Turn tokens into what a fragment may have, in place, noting what is wrong."""
    line = 0
    for token in tokens:
        if token.map:
            line = token.map[0] + 1
        if token.type == "inline":
            _retype_children(token, line, reader)
        elif token.type in _MATHS:
            _retype_maths(token, line, reader)
        elif token.type == "html_block":
            _retype_html(token, line, reader)
        elif token.type in {"th_open", "td_open"}:
            style = str(token.attrs.pop("style", ""))
            if style.startswith(_ALIGNMENT):
                token.attrSet("class", style.removeprefix(_ALIGNMENT))


def _retype_children(inline: Token, line: int, reader: _Reader) -> None:
    if found := lost_formula(inline):
        reader.note(
            "warning",
            f"{found} looks like a formula, but isn't read as one",
            "No blank after the first $ nor before the last, and no digit right before or after.",
            line,
        )
    for child in inline.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type in _MATHS:
            _retype_maths(child, line, reader)
        elif child.type == "html_inline":
            _retype_html(child, line, reader)
        elif child.type == "link_open":
            _check_link(child, line, reader)
        elif child.type == "image":
            _check_picture(child, line, reader)


def _retype_maths(token: Token, line: int, reader: _Reader) -> None:
    display = token.type != "math_inline"
    try:
        written = pages_maths.to_mathml(token.content, display=display)
    except InvalidContent as error:
        reader.note("error", error.message, error.hint, line)
        token.type = "code_block" if token.block else "code_inline"
        token.tag = "code"
        return
    token.meta = {"formula": token.content}
    token.content = f'<div class="math">{written}</div>\n' if token.block else written
    token.type = "html_block" if token.block else "html_inline"


def _retype_html(token: Token, line: int, reader: _Reader) -> None:
    if token.content.lstrip().startswith("<!--"):
        token.content = ""
        return
    if token.content.lstrip().startswith("<") and not token.content.startswith("</"):
        shown = " ".join(token.content.split())
        reader.note(
            "warning",
            f"{shown[:60]!r} is HTML, which isn't passed through: pupils see it as it is written",
            "Write it in Markdown. A page of HTML has a file of its own, ending in .html.",
            line,
        )
    token.type = "code_block" if token.block else "text"
    token.tag = "code"


def _check_link(token: Token, line: int, reader: _Reader) -> None:
    url = str(token.attrGet("href") or "")
    if reader.inline:
        reader.note("error", f"a link to {url[:80]!r}", "Put links on a page.", line)
    elif is_outside(url):
        token.attrSet("class", "outside")
        reader.links.append(Link(url, line, outside=True))
        return
    elif url.startswith("#"):
        hint = "Headings have no names to link to: link to the page alone."
        reader.note("warning", f"the link {url[:80]!r} leads nowhere", hint, line)
    elif is_relative(url):
        reader.links.append(Link(url, line))
        _write_url(token, "href", url, reader)
        return
    else:
        reader.note("error", f"a link to {url[:80]!r}", _hint_for(url), line)
    del token.attrs["href"]


def _check_picture(token: Token, line: int, reader: _Reader) -> None:
    url = str(token.attrGet("src") or "")
    if reader.inline:
        hint = 'Name it with picture = "..." and picture_alt = "...".'
        reader.note("error", f"the picture {url[:80]!r} inside a text", hint, line)
    elif is_relative(url):
        reader.links.append(Link(url, line, is_picture=True))
        if not token.content.strip():
            reader.note(
                "warning",
                f"the picture {url[:80]!r} has no text for those who can't see it",
                f"Write what it shows: ![...]({url[:80]})",
                line,
            )
        _write_url(token, "src", url, reader)
        return
    else:
        reader.note("error", f"a picture from {url[:80]!r}", _hint_for(url), line)
    del token.attrs["src"]


def _write_url(token: Token, attribute: str, url: str, reader: _Reader) -> None:
    written = reader.resolve(url) if reader.resolve else None
    if written is not None:
        token.attrSet(attribute, written)


def _hint_for(url: str) -> str:
    if url.lower().startswith(("http:", "https:", "//")):
        return "A school has no internet: put the file beside the page, and name it."
    if url.startswith(("/", "\\")):
        return "Write it relative to the page, such as ../other-lesson/picture.png"
    if ":" in url.partition("/")[0]:
        return "Only files of the pack, and pages at http: or https:, can be linked to."
    return "Name a file of the pack, such as picture.png, without blanks."


def _heading(tokens: list[Token]) -> str | None:
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open":
            return plain_text([inside]) or None
    return None
