"""From pages, captions and PDFs to passages."""

import zlib
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from content_packs.limits import MIB
from sync_node.search import texts
from sync_node.search.limits import PASSAGE_CHARACTERS_MAX, PDF_MEMORY_BYTES_MAX
from sync_node.search.pdf_text import pages_of
from tests.support import media


def test_a_page_is_read_without_its_markup_a_section_at_a_time() -> None:
    html = (
        "<h2>Share</h2><p>Cut it into <strong>fo</strong>ur &amp; eat.</p>"
        "<script>alert('no')</script><style>p{}</style><h2>Next</h2><p>二分<b>之一</b></p>"
    )
    assert [passage.text for passage in texts.of_page(html, "en")] == [
        "Share Cut it into four & eat.",
        "Next 二分之一",
    ]


def test_captions_know_their_seconds() -> None:
    text = (
        "WEBVTT\n\n00:01.500 --> 00:04.000\n<v Li>Hello &amp; welcome\n\n"
        "01:02.000 --> 01:04.000\nTo fractions\n"
    )
    (passage,) = texts.of_captions(text, "en")
    assert passage.text == "Hello & welcome\nTo fractions"
    assert passage.places == ((0, 1), (16, 62))


@given(st.text(max_size=3_000), st.text(max_size=300))
def test_any_file_gives_short_passages(text: str, more: str) -> None:
    found = [
        *texts.of_page(text + "<p>" + more, ""),
        *texts.of_text(text * 3, ""),
        *texts.of_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n", ""),
        *texts.of_pages([text, more], ""),
    ]
    assert all(0 < len(passage.text) <= PASSAGE_CHARACTERS_MAX + 1 for passage in found)


@given(st.lists(st.sampled_from(["长句子。", "word ", "Short. ", "没有标点"]), max_size=400))
def test_no_letter_is_lost_where_a_text_is_cut(parts: list[str]) -> None:
    text = "".join(parts)
    found = [passage.text for passage in texts.of_text(text, "")]
    assert "".join("".join(found).split()) == "".join(text.split())


def _pdf(*pages: str) -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=16)
    for page in pages:
        document.add_page()
        document.multi_cell(0, text=page)
    return bytes(document.output())


def test_a_pdfs_pages_are_read(tmp_path: Path) -> None:
    place = tmp_path / "sheet.pdf"
    place.write_bytes(_pdf("Colour the parts", "Measure the angle"))
    pages = pages_of(place)
    assert [passage.places for passage in texts.of_pages(pages, "en")] == [((0, 1),), ((0, 2),)]
    assert "Measure the angle" in pages[1]


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "holes", "blank"])
def test_a_pdf_that_cannot_be_read_says_nothing(tmp_path: Path, damage: str) -> None:
    data = _pdf("Colour the parts")
    place = tmp_path / "sheet.pdf"
    place.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "empty": b"",
            "foreign": b"\x7fELF" * 1_000,
            "holes": data.replace(b"obj", b"xxx"),
            "blank": media.pdf(2),
        }[damage]
    )
    assert "".join(pages_of(place)).strip() in {"", "Colour the parts"}


def test_a_pdf_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    """A page whose content unpacks to more than it may: the process that reads it fails, not us."""
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(b" " * MIB) for _ in range(PDF_MEMORY_BYTES_MAX // MIB))
    bomb += packer.flush()
    place = tmp_path / "bomb.pdf"
    place.write_bytes(
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n" % (len(bomb), bomb)
    )
    assert "".join(pages_of(place)) == ""
