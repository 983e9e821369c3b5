"""Formulas can be read on phones whose browser has no MathML, in Debian's chromium made such a one.

Chromium can't be told to forget MathML. So the elements get another namespace: to Chrome before
109, those of MathML meant as little. The condition in the style sheet is answered accordingly.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from content_packs import pages
from content_packs.pages import render_markdown

STYLE = Path(pages.__file__).with_name("maths.css")
CONDITION = "@supports (not (math-style: compact)) and (not (-moz-appearance: none))"
FORGET = """() => {
  const forget = node => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.cloneNode(true)
    const element = document.createElementNS('urn:unknown', node.localName)
    for (const {name, value} of node.attributes) element.setAttribute(name, value)
    element.append(...[...node.childNodes].map(forget))
    return element
  }
  for (const math of document.querySelectorAll('math')) math.replaceWith(forget(math))
}"""
BOXES = """selector => [...document.querySelectorAll(selector)].map(element => {
  const {left, right, top, bottom} = element.getBoundingClientRect()
  return {left, right, top, bottom}
})"""

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    yield context.new_page()
    context.close()


def show(page: Page, formula: str) -> None:
    style = STYLE.read_text(encoding="utf-8")
    assert CONDITION in style
    style = style.replace(CONDITION, "@supports (display: block)")
    html = render_markdown(f"Text ${formula}$ text", path="a.md").html
    page.set_content(f"<!doctype html><style>{style}</style>{html}")
    page.evaluate(FORGET)


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(BOXES, selector)
    return found


def test_the_parts_of_a_fraction_stand_above_each_other(page: Page) -> None:
    show(page, r"\frac{1}{2}")
    upper, lower = boxes(page, "mfrac > *")
    assert upper["bottom"] <= lower["top"] + 1
    assert upper["left"] < lower["right"]
    assert lower["left"] < upper["right"]


def test_indices_are_raised_and_lowered(page: Page) -> None:
    show(page, "x^2")
    base, raised = boxes(page, "msup > *")
    assert raised["bottom"] < base["bottom"] - 2
    show(page, "x_2")
    base, lowered = boxes(page, "msub > *")
    assert lowered["bottom"] > base["bottom"]


def test_a_root_has_its_sign_and_line(page: Page) -> None:
    show(page, r"\sqrt{2}")
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('msqrt'), '::before').content")
        == '"√"'
    )
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('msqrt')).borderTopWidth")
        == "1px"
    )


def test_the_rows_of_a_matrix_stand_below_each_other(page: Page) -> None:
    show(page, r"\begin{pmatrix}1&2\\3&4\end{pmatrix}")
    one, two, three, four = boxes(page, "mtd")
    assert one["bottom"] <= three["top"] + 1
    assert one["right"] <= two["left"] + 1
    assert (two["left"], four["top"]) == (four["left"], three["top"])


def test_a_line_over_letters_leaves_them_on_their_line(page: Page) -> None:
    show(page, r"\overline{AB} + 1")
    (letters,) = boxes(page, "mover > mrow")
    (number,) = boxes(page, "mn")
    assert abs(letters["bottom"] - number["bottom"]) < 3
