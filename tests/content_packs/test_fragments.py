"""Whatever HTML goes in, nothing that runs, asks another server or hides comes out."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.fragments import clean_fragment, is_outside, is_relative

PIECES = st.sampled_from(
    [
        "<math>", "</math>", "<mi>", "<mtext>", "<ms>", "<mo>", "<mtable><mtr><mtd>", "<mglyph>",
        "<annotation-xml encoding=text/html>", "<svg>", "</svg>", "<foreignObject>", "<desc>",
        "<style>", "</style>", "<script>", "</script>", "<!--", "-->", "<noscript>", "<template>",
        "<title>", "<textarea>", "<xmp>", "<plaintext>", "<iframe srcdoc=x>", "<object data=x>",
        "<table>", "<tr>", "<td>", "<caption>", "</table>", "<form action=x>", "<select>",
        "<option>", "<input>", "<button>", "<base href=//e>", "<meta http-equiv=refresh>",
        "<link rel=stylesheet href=x>", "<p style=x onclick=alert(1)>", "</p>", "</br>", "<b>",
        "<a href=javascript:alert(1)>", "<a href='java\tscript:x'>", "<a href='x' target=_top>",
        "<a href=//e.example>", "<img src=x onerror=alert(1)>", "<img src=data:image/svg+xml,x>",
        "<img src=http://e.example/x>", "<img srcset='http://e 1x'>", "<video src=x autoplay>",
        "&lt;script&gt;", "&amp;", "<span class='a outside'>", "<div id=main>", "\x00", "\n", "x",
    ]
)  # fmt: skip
HTML = st.one_of(st.text(), st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join))
SAFE_SCHEMES = ("http://", "https://")


class Reader(HTMLParser):
    """Collects the elements and attributes of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@given(HTML)
def test_cleaning_again_changes_nothing(html: str) -> None:
    cleaned = clean_fragment(html)
    assert clean_fragment(cleaned) == cleaned


@given(HTML)
def test_nothing_that_runs_or_fetches_comes_out(html: str) -> None:
    found = Reader(clean_fragment(html))
    assert not found.tags & {
        "script", "style", "iframe", "object", "embed", "form", "input", "button", "select", "base",
        "meta", "link", "svg", "video", "audio", "template", "noscript", "annotation-xml",
    }  # fmt: skip
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), name
        assert name not in {"style", "srcset", "target", "action", "formaction"}
        if name == "src":
            assert is_relative(value)
        if name == "href":
            assert tag == "a"
            assert is_relative(value) or value.startswith("#") or is_outside(value)


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<p onclick=x style=x>a</p>", "<p>a</p>"),
        ("<form><b>a</b></form>", "<b>a</b>"),
        ("<!-- a -->b", "b"),
        ('<img src="a.png" alt="x">', '<img src="a.png" alt="x">'),
        ('<img src="https://e.example/a.png" alt="x">', '<img alt="x">'),
        ('<img src="/technician/" alt="x">', '<img alt="x">'),
        ('<div id="main">a</div>', "<div>a</div>"),
        ('<span class="menu">a</span>', "<span>a</span>"),
        ('<td class="left evil">a</td>', "a"),
        ("<svg><path/></svg>a", "a"),
    ],
)
def test_what_stays_and_what_goes(html: str, cleaned: str) -> None:
    assert clean_fragment(html) == cleaned


@given(st.text().filter(lambda text: "<" not in text))
def test_words_alone_come_out_as_through_a_parser(text: str) -> None:
    assert clean_fragment(f"<b></b>{text}") == f"<b></b>{clean_fragment(text)}"


def test_formulas_stay_whole() -> None:
    html = (
        '<math display="block" alttext="x"><mrow><mfrac linethickness="0"><mn>1</mn><mn>2</mn>'
        "</mfrac><msqrt><mi>x</mi></msqrt></mrow></math>"
    )
    assert clean_fragment(html) == html


def test_an_address_is_given_to_relative_links_only() -> None:
    html = (
        '<a href="b.html">b</a><a href="#fn1">f</a><a href="https://e.example/">e</a>'
        '<img src="a.png"><img src="gone.png">'
    )
    cleaned = clean_fragment(
        html, address=lambda url: None if url == "gone.png" else f"/content/{url}"
    )
    assert 'href="/content/b.html"' in cleaned
    assert 'href="#fn1"' in cleaned
    assert 'href="https://e.example/"' in cleaned
    assert 'src="/content/a.png"' in cleaned
    assert "gone.png" not in cleaned


@pytest.mark.parametrize(
    "url", ["a.png", "../b/c.html#d", "图.png", "a?b=c", "./x", "a%20b.png", "x/y:z"]
)
def test_relative_urls(url: str) -> None:
    assert is_relative(url)


@pytest.mark.parametrize(
    "url",
    ["", "/a", "//e.example", "\\a", "#a", "?a", "a b", "a\nb", "\x01a", "data:x", "JavaScript:x",
     "java\tscript:x", "http://e.example", "C:\\a", "a\x7fb"],
)  # fmt: skip
def test_urls_that_are_not_relative(url: str) -> None:
    assert not is_relative(url)


@pytest.mark.parametrize("url", ["https:///e", "http:/e", "https://", "http://a b", "ftp://e.org"])
def test_urls_that_lead_nowhere(url: str) -> None:
    assert not is_outside(url)


def test_a_fragment_nested_without_end_is_cleaned_in_time() -> None:
    for deep in ("<b>" * 50_000, "<math><ms><svg><mi>" * 500, "<p><math><mtext>" * 3_000):
        cleaned = clean_fragment(deep)
        assert clean_fragment(cleaned) == cleaned
