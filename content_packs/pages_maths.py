"""Formulas: LaTeX → MathML, when a page is built. A phone needs no script and no font for it.

latex2mathml reads what it doesn't know as letters and forgives what is missing. So a formula is
checked before (braces, depth) and after (commands left over, empty places), and its text escaped.
"""

import html
import re
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert_to_element

from content_packs.errors import InvalidContent
from content_packs.limits import FORMULA_CHARACTERS_MAX, FORMULA_DEPTH_MAX

# How many children each has to have: a \frac with one half would shift on every screen.
_PLACES = {
    "mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3,
    "munderover": 3,
}  # fmt: skip
_LEFT_OVER = re.compile(r"\\(?:[A-Za-z]+|.)?|&")
_TEXT_ELEMENTS = {"mtext", "ms"}
_ESCAPED_OR_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# Commands that mean to MathML what others do, or that latex2mathml knows by another name.
_SAME_AS = (
    (re.compile(r"\\[td]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{align*}"),
)


def to_mathml(latex: str, *, display: bool = False) -> str:
    """Return a formula as a `<math>` element; `display` for one on lines of its own.

    Raises `InvalidContent`, saying what is wrong with it, for what can't be shown.
    """
    source = latex.strip()
    _check_source(source)
    known = source
    for command, same in _SAME_AS:
        known = command.sub(same, known)
    try:
        element = convert_to_element(known, display="block" if display else "inline")
    except Exception as error:  # it raises whatever its parser stumbles over
        raise InvalidContent(
            f"the formula {_shown(source)} can't be read", hint=_hint(error)
        ) from error
    _check_result(element, source)
    for name in element.iter("mi"):
        letters = html.unescape(name.text or "")
        if len(letters) > 1 or not letters.isalpha():  # browsers without MathML slant them all
            name.attrib.setdefault("mathvariant", "normal")
    element.set("alttext", source)
    element.attrib.pop("xmlns", None)
    return _written(element)


def _check_source(source: str) -> None:
    if not source:
        raise InvalidContent("an empty formula", hint=r"Write \$ for a dollar sign.")
    if len(source) > FORMULA_CHARACTERS_MAX:
        raise InvalidContent(
            f"a formula of {len(source)} characters, at most {FORMULA_CHARACTERS_MAX} are allowed",
            hint="Split it. Or is a $ missing, and text became a formula?",
        )
    depth = 0
    for match in _ESCAPED_OR_BRACE.finditer(source):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth < 0:
            raise InvalidContent(
                f"the formula {_shown(source)} has a }} without its {{",
                hint=r"Write \} for a brace that is shown.",
            )
        if depth > FORMULA_DEPTH_MAX:
            raise InvalidContent(
                f"the formula {_shown(source)} is nested too deeply",
                hint=f"Use at most {FORMULA_DEPTH_MAX} braces inside one another.",
            )
    if depth:
        raise InvalidContent(
            f"the formula {_shown(source)} has a {{ without its }}",
            hint=r"Write \{ for a brace that is shown.",
        )


def _check_result(element: ET.Element, source: str) -> None:
    for inner in element.iter():
        needed = _PLACES.get(inner.tag)
        if needed is not None and len(inner) != needed:
            raise InvalidContent(
                f"the formula {_shown(source)} lacks a part",
                hint=r"Give each part in braces, as in \frac{1}{2}, \sqrt{2}, x^{2}.",
            )
        if inner.tag not in _TEXT_ELEMENTS and inner.text:
            left_over = _LEFT_OVER.match(html.unescape(inner.text))
            if left_over:
                raise InvalidContent(
                    f"the formula {_shown(source)} has {left_over.group()!r}, which isn't known",
                    hint=r"Check its spelling; a text goes in \text{...}.",
                )


def _written(element: ET.Element) -> str:
    """Return an element as HTML, its texts escaped.

    latex2mathml leaves references such as `&#x2b;` in texts: they become characters first.
    """
    attributes = "".join(
        f' {name}="{html.escape(html.unescape(value))}"'
        for name, value in element.attrib.items()
        if name != "href"
    )
    text = html.escape(html.unescape(element.text or ""), quote=False)
    inside = "".join(_written(child) for child in element)
    return f"<{element.tag}{attributes}>{text}{inside}</{element.tag}>"


def _shown(source: str) -> str:
    text = " ".join(source.split())
    return f"${text[:60]}…$" if len(text) > 60 else f"${text}$"


def _hint(error: Exception) -> str:
    name = type(error).__name__
    words = {
        "MissingEndError": r"Close \begin{...} with \end{...}.",
        "NoAvailableTokensError": "Something is missing at its end.",
        "MissingSuperScriptOrSubscriptError": "Write what follows ^ or _.",
        "DoubleSubscriptsError": "Two _ follow one another: use braces.",
        "DoubleSuperscriptsError": "Two ^ follow one another: use braces.",
        "ExtraLeftOrMissingRightError": r"Each \left needs its \right.",
        "DenominatorNotFoundError": r"Give both parts, as in \frac{1}{2}.",
        "NumeratorNotFoundError": r"Give both parts, as in \frac{1}{2}.",
    }
    return words.get(name, r"Check its commands and braces, as in \frac{1}{2}.")
