"""A document of its own may need nothing from the internet: a school has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.pages import Link
from content_packs.pages_documents import check_html_document

FETCHING = {
    "a script": '<script src="https://cdn.example/x.js"></script>',
    "a script without a scheme": '<script src="//cdn.example/x.js"></script>',
    "a style sheet": '<link rel="stylesheet" href="http://cdn.example/x.css">',
    "a font that is preloaded": '<link rel="PRELOAD" href="https://cdn.example/x.woff2">',
    "an icon": '<link rel="shortcut icon" href="https://cdn.example/x.ico">',
    "a picture": '<img src="https://cdn.example/x.png" alt="">',
    "a picture in a set": '<img src="x.png" srcset="x.png 1x, https://cdn.example/x.png 2x">',
    "a frame": '<iframe src="https://cdn.example/"></iframe>',
    "a video": '<video src="https://cdn.example/x.mp4"></video>',
    "a poster": '<video poster="https://cdn.example/x.png"></video>',
    "a source": '<source src="https://cdn.example/x.mp4">',
    "an object": '<object data="https://cdn.example/x.swf"></object>',
    "an import": '<style>\n@import "https://cdn.example/x.css";</style>',
    "a font of a style": "<style>@font-face{src:url(https://cdn.example/x.woff)}</style>",
    "a background": '<p style="background:url(//cdn.example/x.png)">',
    "a picture in a drawing": '<svg><image xlink:href="https://cdn.example/x.png"/></svg>',
    "a redirection": '<meta http-equiv="refresh" content="0; url=https://cdn.example/">',
}


@pytest.mark.parametrize("what", FETCHING)
def test_what_is_fetched_from_elsewhere_is_an_error(what: str) -> None:
    _, _, (fault,) = check_html_document(f"<p>\n{FETCHING[what]}", path="app/index.html")
    assert fault.severity == "error"
    assert "cdn.example" in fault.message
    assert fault.file == "app/index.html"
    assert fault.line >= 2
    assert "no internet" in fault.hint


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<img src="/x.png">', "from the root of the school's site"),
        ('<base href="https://e.example/">', "<base> makes all its links start at"),
    ],
)
def test_what_leads_astray_is_an_error(html: str, message: str) -> None:
    _, _, (fault,) = check_html_document(html, path="a.html")
    assert fault.severity == "error"
    assert message in fault.message


def test_a_link_to_elsewhere_is_a_warning() -> None:
    _, links, (fault,) = check_html_document('<a href="https://e.example/">x</a>', path="a.html")
    assert fault.severity == "warning"
    assert links == [Link("https://e.example/", 1, outside=True)]


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="canonical" href="https://e.example/">',
        '<link rel="license" href="https://e.example/">',
        '<img src="data:image/png;base64,AA">',
        '<a href="mailto:a@e.example">x</a>',
        '<a href="javascript:void(0)">x</a>',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<p>https://e.example/</p>",
        "<script>const a = '<img src=\"https://e.example/\">'</script>",
        '<!-- <script src="https://e.example/"></script> -->',
        "<style>/* @import 'https://e.example/'; */</style>",
    ],
)
def test_what_fetches_nothing_is_right(html: str) -> None:
    assert check_html_document(html, path="a.html")[2] == []


def test_title_and_links() -> None:
    title, links, faults = check_html_document(
        "<title> Water\n cycle </title>\n"
        '<a href="b.html#c">b</a><img src="c.png"><script src="d.js"></script>',
        path="a.html",
    )
    assert title == "Water cycle"
    assert faults == []
    assert links == [Link("b.html#c", 3), Link("c.png", 3, is_picture=True), Link("d.js", 3)]
    assert check_html_document("<p>a", path="a.html")[0] is None


@given(st.text(st.sampled_from(list("<>/='\"!- \nabhrefsc:urlt(@import{}&#;x")), max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    check_html_document(text, path="a.html")
