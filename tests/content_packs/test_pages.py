"""An author's Markdown becomes a fragment; what can't be shown is told with its line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.fragments import clean_fragment
from content_packs.pages import Link, render_inline, render_markdown


def html_of(text: str) -> str:
    page = render_markdown(text, path="intro.md")
    assert page.faults == [], [str(fault) for fault in page.faults]
    return page.html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A *b*", "<h1>A <em>b</em></h1>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("~~a~~", "<p><s>a</s></p>"),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("a<!-- b -->c", "<p>ac</p>"),
        ("costs $5 and $6", "<p>costs $5 and $6</p>"),
        ("\\$x\\$", "<p>$x$</p>"),
        ("[a](b.html#c)", '<p><a href="b.html#c" rel="noopener noreferrer">a</a></p>'),
        ("![half](图.png)", '<p><img src="%E5%9B%BE.png" alt="half"></p>'),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert html_of(text).strip() == html


def test_tables_are_aligned_by_class_since_the_site_forbids_styles() -> None:
    html = html_of("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|")
    assert '<th class="left">a</th>' in html
    assert '<td class="right">3</td>' in html
    assert "style" not in html


def test_footnotes_lead_there_and_back() -> None:
    html = html_of("a[^n]\n\n[^n]: b")
    assert '<a href="#fn1" id="fnref1"' in html
    assert '<li id="fn1" class="footnote-item">' in html


def test_formulas_in_a_line_and_on_their_own() -> None:
    html = html_of("Half is $\\frac{1}{2}$.\n\n$$\nx^2\n$$")
    assert '<math display="inline" alttext="\\frac{1}{2}">' in html
    assert '<div class="math"><math display="block" alttext="x^2">' in html


def test_the_first_heading_is_the_title_in_plain_words() -> None:
    page = render_markdown("text\n\n## What is $\\frac{1}{2}$ of *it*?\n\n# b", path="a.md")
    assert page.heading == "What is 1/2 of it?"
    assert render_markdown("no heading", path="a.md").heading is None


def test_the_words_of_a_page_can_be_searched() -> None:
    page = render_markdown(
        "# Rain\n\nIt **rains** `now`.\nWet.\n\n|a|\n|-|\n|b|\n\n![a cloud](c.png)", path="a.md"
    )
    assert page.text == "Rain\nIt rains now. Wet.\na\nb\na cloud"


def test_links_and_pictures_are_listed_with_their_lines() -> None:
    page = render_markdown("a\n[b](b.md)\n![c](c.png)\n\n- [d](https://d.example/)\n", path="a.md")
    assert page.faults == []
    assert page.links == [
        Link("b.md", 2),
        Link("c.png", 3, is_picture=True),
        Link("https://d.example/", 5, outside=True),
    ]
    assert '<a href="https://d.example/" class="outside" rel="noopener noreferrer">' in page.html


def test_links_are_written_as_resolved() -> None:
    page = render_markdown(
        "[a](a.en.md) [b](b) ![c](c.png)",
        path="a.md",
        resolve={"a.en.md": "../x/a.en.html", "c.png": "d.png"}.get,
    )
    assert re.findall(r'(?:href|src)="([^"]*)"', page.html) == ["../x/a.en.html", "b", "d.png"]
    assert [link.url for link in page.links] == ["a.en.md", "b", "c.png"]


FAULTY = {
    "a script link": ("a\n[b](javascript:alert)", "error", 2, "a link to 'javascript:alert'"),
    "a data link": ("[b](data:text/html,x)", "error", 1, "a link to 'data:text/html,x'"),
    "a file link": ("[b](file:///etc/passwd)", "error", 1, "a link to 'file:///etc/passwd'"),
    "a link from the root": ("[b](/home)", "error", 1, "a link to '/home'"),
    "a link to no scheme": ("[b](//e.example)", "error", 1, "a link to '//e.example'"),
    "a link to nothing": ("[b]()", "error", 1, "a link to ''"),
    "a link to a heading": ("[b](#part)", "warning", 1, "the link '#part' leads nowhere"),
    "a picture from the internet": (
        "a\n\n![b](https://e.example/x.png)", "error", 3, "a picture from 'https://e.example/x.png'",
    ),
    "a picture in the text": ("![b](data:image/png;base64,AA)", "error", 1, "a picture from 'dat"),
    "a picture without words": ("![](a.png)", "warning", 1, "the picture 'a.png' has no text"),
    "HTML in a line": ("a\nb <b>c</b>", "warning", 2, "'<b>' is HTML, which isn't passed through"),
    "an HTML block": ("a\n\n<div>\nb\n</div>", "warning", 3, "'<div> b </div>' is HTML"),
    "an unknown command": ("a\n\nb $\\halb$", "error", 3, "has '\\\\halb', which isn't known"),
    "an open brace": ("$\\frac{1}{2$", "error", 1, "has a { without its }"),
    "a closing brace": ("$1}$", "error", 1, "has a } without its {"),
    "half a fraction": ("$$\n\\frac{1}\n$$", "error", 1, "lacks a part"),
    "an open environment": ("$\\begin{cases}x$", "error", 1, "can't be read"),
    "an index of nothing": ("$x_$", "error", 1, "can't be read"),
    "a page as a formula": (f"${'x' * 1001}$", "error", 1, "a formula of 1001 characters"),
    "braces without end": (f"${'{' * 30}{'}' * 30}$", "error", 1, "is nested too deeply"),
    "a formula after a digit": ("2$\\frac12$", "warning", 1, "looks like a formula, but isn't"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTY)
def test_what_cannot_be_shown_is_told(what: str) -> None:
    text, severity, line, message = FAULTY[what]
    (fault,) = render_markdown(text, path="intro.md").faults
    assert (fault.file, fault.severity, fault.line) == ("intro.md", severity, line)
    assert message in fault.message
    assert fault.hint


def test_raw_html_is_shown_as_words() -> None:
    page = render_markdown("a <script>alert(1)</script>\n\n<iframe src=x>\n", path="a.md")
    assert "<script" not in page.html
    assert "&lt;script&gt;" in page.html
    assert "&lt;iframe src=x&gt;" in page.html


MARKS = st.sampled_from(
    ["# ", "- ", "> ", "```\n", "|a|\n|-|\n", "\n\n", "$", "$$\n", "\\frac{1}{2}", "{", "}", "^",
     "_", "[a](b)", "![](c)", "[^1]", "[^1]: ", "<b>", "<!--", "-->", "*", "\\", "\\begin{cases}",
     "&", "javascript:", "<https://e.example>", "\t", "\\left(", "\\text{", "\x00"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.one_of(st.text(), st.lists(MARKS | st.text(max_size=3), max_size=25).map("".join)))
def test_no_text_breaks_the_renderer(text: str) -> None:
    page = render_markdown(text, path="a.md")
    assert clean_fragment(page.html) == page.html
    lines = 1 + len(re.findall(r"\r\n?|\n", text))  # as CommonMark counts them
    assert all(fault.line <= lines for fault in page.faults)
    inline = render_inline(text)
    assert clean_fragment(inline.html).strip() == inline.html


def test_a_short_text_has_no_paragraph_around_it() -> None:
    found = render_inline("Which is **half**? $\\frac12$")
    assert found.html.startswith("Which is <strong>half</strong>? <math")
    assert found.plain == "Which is half? 1/2"
    assert found.problems == []


def test_blank_lines_part_a_short_text() -> None:
    assert render_inline("a\n\nb").html == "a<br><br>b"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("$\\frac{a+b}{2}$", "(a+b)/2"),
        ("$2\\frac12$", "2 1/2"),
        ("$3\\times4\\div2$", "3×4÷2"),
        ("$5\\,\\text{cm}^2$", "5 cm²"),
        ("$90^\\circ$", "90°"),
        ("$\\sqrt{9}$", "√(9)"),
        ("*a* `b` \\* &amp;", "a b * &"),
    ],
)
def test_plain_words_for_a_select_box(text: str, plain: str) -> None:
    assert render_inline(text).plain == plain


@pytest.mark.parametrize("text", ["[a](b.html)", "![a](b.png)"])
def test_links_and_pictures_are_problems_in_a_short_text(text: str) -> None:
    ((message, hint),) = render_inline(text).problems
    assert "b." in message
    assert hint
