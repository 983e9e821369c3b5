"""What can be read in a page, without its marks: for titles, for the search, for `<option>`."""

import re

from markdown_it.token import Token

_FORMULA_LIKE = re.compile(r"\$[^$\n]*\\[A-Za-z]+[^$\n]*\$?")
_SHOWN_CHARACTERS = 60
# What a formula reads like where it can't be set: a select box shows no MathML.
_FRACTION = re.compile(r"\\[td]?frac\s*(?:\{([^{}]*)\}|(\w))\s*(?:\{([^{}]*)\}|(\w))")
_WORDED = (
    (re.compile(r"\\(?:text|mathrm|mbox|mathbf)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\sqrt\s*\{([^{}]*)\}"), r"√(\1)"),
    (re.compile(r"\\times(?![A-Za-z])"), "×"),
    (re.compile(r"\\div(?![A-Za-z])"), "÷"),
    (re.compile(r"\\cdot(?![A-Za-z])"), "·"),
    (re.compile(r"\\pm(?![A-Za-z])"), "±"),
    (re.compile(r"\\leq?(?![A-Za-z])"), "≤"),
    (re.compile(r"\\geq?(?![A-Za-z])"), "≥"),
    (re.compile(r"\\neq?(?![A-Za-z])"), "≠"),
    (re.compile(r"\\approx(?![A-Za-z])"), "≈"),
    (re.compile(r"\\pi(?![A-Za-z])"), "π"),
    (re.compile(r"\^\s*\{?\\circ\}?"), "°"),
    (re.compile(r"\^\{?2\}?(?![0-9])"), "²"),
    (re.compile(r"\^\{?3\}?(?![0-9])"), "³"),
    (re.compile(r"\\[,;:! ]"), " "),
    (re.compile(r"\\([{}%#$&_])"), r"\1"),
)


def plain_text(tokens: list[Token]) -> str:
    """Return the words of a page's tokens, blocks apart by a newline."""
    parts: list[str] = []
    for token in tokens:
        if token.type == "inline":
            parts.append(_of_children(token.children or []))
        else:
            parts.append(_of_one(token))
    return "\n".join(line for part in parts if (line := part.strip()))


def _of_children(children: list[Token]) -> str:
    return "".join(
        _of_children(child.children or []) if child.type == "image" else _of_one(child)
        for child in children
    )


def _of_one(token: Token) -> str:
    if token.meta and "formula" in token.meta:
        return formula_text(token.meta["formula"])
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    if token.type in {"text", "code_inline", "code_block", "fence", "text_special"}:
        return token.content
    return ""


def formula_text(latex: str) -> str:
    r"""Return a formula as a line of text: `\frac{1}{2}` is 1/2. The rarer commands stay."""
    text = latex
    for _ in range(latex.count("frac")):
        text, found = _FRACTION.subn(_as_ratio, text)
        if not found:
            break
    for command, words in _WORDED:
        text = command.sub(words, text)
    return " ".join(text.split())


def _as_ratio(match: re.Match[str]) -> str:
    upper = match.group(1) or match.group(2) or ""
    lower = match.group(3) or match.group(4) or ""
    before = " " if match.start() and match.string[match.start() - 1].isdigit() else ""
    return f"{before}{_bracketed(upper)}/{_bracketed(lower)}"


def _bracketed(part: str) -> str:
    part = part.strip()
    return part if part.isalnum() else f"({part})"


def lost_formula(inline: Token) -> str:
    """Return what looks like a formula among the words of a paragraph, or an empty string."""
    words = "".join(
        child.content if child.type == "text" else " "
        for child in inline.children or []
        if child.type != "text_special"
    )
    found = _FORMULA_LIKE.search(words)
    return " ".join(found.group().split())[:_SHOWN_CHARACTERS] if found else ""
