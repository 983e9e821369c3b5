"""Catalogues of messages are read from their source form."""

import pytest

from content_packs.errors import InvalidContent
from content_packs.po_files import read_po

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def test_texts_over_several_lines_with_escapes() -> None:
    catalogue = read_po(
        HEADER + '\n# a comment\nmsgid ""\n"Say "\n"\\"hello\\"\\n"\nmsgstr "你\\n好"\n', what="t"
    )
    assert catalogue.gettext('Say "hello"\n') == "你\n好"


def test_plural_forms_follow_the_header() -> None:
    header = HEADER + '"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n'
    entry = 'msgid "%(num)s pack"\nmsgid_plural "%(num)s packs"\nmsgstr[0] "a"\nmsgstr[1] "b"\n'
    catalogue = read_po(header + "\n" + entry, what="t")
    assert [catalogue.ngettext("%(num)s pack", "%(num)s packs", n) for n in (1, 2)] == ["a", "b"]


def test_fuzzy_and_empty_and_obsolete_entries_stay_in_the_source_language() -> None:
    text = (
        HEADER
        + '\n#, fuzzy\nmsgid "One"\nmsgstr "1"\n\nmsgid "Two"\nmsgstr ""\n\n#~ msgid "Three"\n'
        + '#~ msgstr "3"\n\nmsgid "Four"\nmsgstr "4"\n'
    )
    catalogue = read_po(text, what="t")
    assert [catalogue.gettext(word) for word in ("One", "Two", "Three", "Four")] == [
        "One",
        "Two",
        "Three",
        "4",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + '\nmsgid "a\n', "line 4"),
        (HEADER + '\nmsgid "a\\x"\n', "line 4: a broken string"),
        (HEADER + "\nnonsense\n", "line 4"),
        ('"a text without a keyword"\n', "line 1"),
        ("", "no header"),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidContent, match=message):
        read_po(text, what="zh")
