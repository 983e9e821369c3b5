"""A page is read as browsers read it, and in time linear in its length, whatever it holds."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.html_events import Attributes, Event, events_of
from content_packs.limits import KIB, PAGE_BYTES_MAX


class Oracle(HTMLParser):
    """The standard library's reading of a document without errors."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.events.append(Event("start", tag, self.getpos()[0], attrs, empty=False))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.events.append(Event("start", tag, self.getpos()[0], attrs, empty=True))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(Event("end", tag, self.getpos()[0], [], empty=False))

    def handle_data(self, data: str) -> None:
        self.events.append(Event("text", data, self.getpos()[0], [], empty=False))


words = st.text("ab 水é.\n\"'/=>", min_size=1, max_size=12)
references = st.sampled_from(["&amp;", "&lt;", "&#65;", "&#x6c34;", "&eacute;", " & ", "&nbsp;"])
texts = st.lists(words | references, min_size=1, max_size=4).map("".join)
spaces = st.sampled_from([" ", "\n", "\t ", "  "])
bare_values = st.text("ab1/.#-", min_size=1, max_size=6)
values = st.one_of(
    st.just(""),
    bare_values.map("={}".format),
    texts.map(lambda text: '="{}"'.format(text.replace('"', ""))),
    texts.map(lambda text: " = '{}'".format(text.replace("'", ""))),
)
attribute_names = ["href", "SRC", "data-x", "xlink:href", "alt"]
attributes = st.lists(
    st.tuples(spaces, st.sampled_from(attribute_names), values),
    max_size=4,
    unique_by=lambda one: one[1],
).map(lambda found: "".join(map("".join, found)))
tag_names = st.sampled_from(["p", "a", "IMG", "h1", "my-element", "svg:use"])
starts = st.builds("<{}{}{}>".format, tag_names, attributes, st.sampled_from(["", " ", " /", "\n"]))
raw = st.builds(
    "<{0}{1}>{2}</{0}>".format,
    st.sampled_from(["script", "style", "Script"]),
    attributes,
    st.text("ab<>&/!-\n'\"", max_size=12).filter(lambda text: "</s" not in text.lower()),
)
pieces = st.one_of(
    texts,
    starts,
    raw,
    tag_names.map("</{}>".format),
    st.text("ab<>&\n ", max_size=8).map("<!--x{}x-->".format),
    st.sampled_from(["<!doctype html>", "<!DOCTYPE html SYSTEM 'x'>", "<?xml version='1.0'?>"]),
    texts.map(lambda text: f"<title>{text}</title>"),
)
documents = st.lists(pieces, max_size=12).map("".join)


@given(documents)
def test_an_ordinary_document_reads_as_the_standard_library_reads_it(document: str) -> None:
    assert list(events_of(document)) == Oracle(document).events


@given(st.text("<>/!-?&#;ax=\"' \n[]", max_size=40))
def test_any_text_is_read_without_an_error_and_lines_go_on(document: str) -> None:
    events = events_of(document)
    lines = [event.line for event in events]
    assert lines == sorted(lines)
    assert all(1 <= line <= 1 + document.count("\n") for line in lines)


@given(st.text("<>/!-?&#;ax=\"' \n[]", max_size=40))
def test_what_follows_a_whole_document_changes_nothing_before_it(document: str) -> None:
    whole = "<p title='x'>one</p>"
    assert events_of(whole + document)[:3] == events_of(whole)[:3]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("a < b", [("text", "a < b")]),
        ("a<!-- > <b> -->c", [("text", "a"), ("text", "c")]),
        ("<!--><p>", [("start", "p")]),
        ("<!---><p>", [("start", "p")]),
        ("<!--a--!><p>", [("start", "p")]),
        ("<!-- never closed <p>", []),
        ("<![CDATA[a<p>", []),
        ("<![unknown]><p>", [("start", "p")]),
        ("</><p></ x>", [("start", "p")]),
        ("</p title='>'>a", [("end", "p"), ("text", "a")]),
        ("<p", []),
        ("a<p title='never closed><b>", [("text", "a")]),
        ("<style>a<b></style ><p>", [("start", "style"), ("text", "a<b>"), ("end", "style"),
                                     ("start", "p")]),
        ("<style>a</styles>", [("start", "style"), ("text", "a</styles>")]),
        ("<style>never closed", [("start", "style"), ("text", "never closed")]),
        ("<title>a<b>&amp;</title>", [("start", "title"), ("text", "a<b>&"), ("end", "title")]),
        ("<script>&amp;</script>", [("start", "script"), ("text", "&amp;"), ("end", "script")]),
        ("<svg><style/><p>", [("start", "svg"), ("start", "style"), ("start", "p")]),
        (f"&#{'9' * 5_000};", [("text", "\ufffd")]),
        ("&#00000000000000065;", [("text", "A")]),
    ],
)  # fmt: skip
def test_errors_are_read_as_browsers_read_them(
    document: str, expected: list[tuple[str, str]]
) -> None:
    assert [(event.kind, event.name) for event in events_of(document)] == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<a href=x/>", [("href", "x/")]),
        ("<a href=a href=b>", [("href", "a")]),
        ("<a =b=c>", [("=b", "c")]),
        ("<a href= >", [("href", "")]),
        ("<a href>", [("href", None)]),
        ("<a href='a'title=b>", [("href", "a"), ("title", "b")]),
        ("<a title=\"a>b\" x='&quot;'>", [("title", "a>b"), ("x", '"')]),
    ],
)
def test_attributes_are_read_as_browsers_read_them(tag: str, expected: Attributes) -> None:
    (event,) = events_of(tag)
    assert event.attributes == expected
    assert not event.empty


HOSTILE = [
    "<!--", "<!-", "<![CDATA[", "<!doctype ", "<?", "</", "<", "&", "&#", "&#9", "&amp", "--",
    "<a ", "<a/", "</a ", "<a b='", "<a b=\"'", "<a b = ", "<b   =", "<script>", "<title>",
    "<style></styl", "<title>x</title>",
]  # fmt: skip
_ONCE = ["&#|9", "<a| ", "<a b| ", "<a |/", "<!--|-", "<|a", '<a b="|x', "<script>|</script"]


def seconds(document: str) -> float:
    """The processor time of the quickest of two readings."""
    taken = []
    for _ in range(2):
        events_of.cache_clear()
        start = time.thread_time()
        events_of(document)
        taken.append(time.thread_time() - start)
    return min(taken)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("piece", HOSTILE + _ONCE)
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    # One is 16 times as long as the other. A reader that starts over at each piece takes 256 times
    # the time for it, and minutes. Both bounds leave room for a busy machine, whose caches are
    # somebody else's half of the time.
    head, _, repeated = piece.rpartition("|")
    short, long = (
        head + repeated * (size // len(repeated)) for size in (32 * KIB, PAGE_BYTES_MAX // 8)
    )
    taken = seconds(long)
    assert taken < max(0.05, 128 * seconds(short))
    assert taken < 5
