"""Worksheets as PDF, A4: tasks with pictures and lines to write on, and the answers on a last page.

The text is text (it can be searched and read aloud), in a part of the font that is embedded.
"""

import datetime as dt
import io
import logging

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from content_packs.samples import colours
from content_packs.samples.canvas import Picture
from content_packs.samples.drawings import draw_scene
from content_packs.samples.flowing import Piece, break_lines
from content_packs.samples.fonts import find_font
from content_packs.samples.scripts import Scene, Task, Worksheet
from content_packs.samples.shapes import Words

# A date that never changes: the same worksheet gives the same bytes.
_DATE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_FAMILY = "satchel"
_MARGIN = 18.0  # millimetres, as all lengths here
_WIDTH = 210 - 2 * _MARGIN
_FOOT = 20.0
_TEXT_POINTS, _TITLE_POINTS, _SMALL_POINTS = 12.5, 24, 9.5
_LINE, _LINE_WITH_FRACTION = 7.0, 11.0
_WRITING_LINE = 9.5
_INDENT = 9.0
_PIXELS_PER_MILLIMETRE = 6
_POINT = 25.4 / 72
_PALE = "#B8BFC6"  # lines to write on


class _Paper(FPDF):
    """A4 sheets with our font, and a number at the foot."""

    def __init__(self, title: str, language: str) -> None:
        super().__init__(format="A4")
        font = find_font()
        self.set_margin(_MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=_FOOT)
        self.add_font(_FAMILY, fname=font.path, collection_font_number=font.face)
        self.set_creation_date(_DATE)
        self.set_title(title)
        self.set_lang(language)
        self.set_author("Satchel")
        self.heading = title

    def footer(self) -> None:
        """Write the sheet's title and number at its foot."""
        self.set_y(-14)
        self.set_font(_FAMILY, size=_SMALL_POINTS)
        self.set_text_color(colours.GREY)
        self.cell(_WIDTH, 6, f"{self.heading} · CC BY 4.0 · {self.page_no()}", align="C")
        self.set_text_color(colours.INK)


def make_worksheet(worksheet: Worksheet, language: str, words: Words) -> bytes:
    """Return the worksheet in one language as a PDF. Raises `Missing` without a font."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of each table that it drops
    paper = _Paper(worksheet.title[language], language)
    paper.add_page()
    _write_title(paper, worksheet.title[language])
    paper.set_font(_FAMILY, size=_TEXT_POINTS)
    _write_blanks(paper, worksheet.blanks[language])
    _write_lines(paper, worksheet.introduction[language], 0)
    paper.ln(4)
    for number, task in enumerate(worksheet.task, 1):
        _write_task(paper, number, task, language, words)
    paper.add_page()
    _write_title(paper, worksheet.answers[language])
    for number, task in enumerate(worksheet.task, 1):
        _write_numbered(paper, number, task.answer[language])
        paper.ln(3)
    return bytes(paper.output())


def _write_title(paper: _Paper, title: str) -> None:
    paper.set_font(_FAMILY, size=_TITLE_POINTS)
    paper.set_text_color(colours.INK)
    paper.cell(_WIDTH, 12, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_fill_color(colours.TOMATO)
    paper.rect(_MARGIN, paper.get_y() + 1, 26, 1.4, style="F")
    paper.ln(8)


def _write_blanks(paper: _Paper, blanks: str) -> None:
    """Write the words of `blanks`, apart by `|`, in columns with a line after each to write on."""
    words = blanks.split("|")
    wide = _WIDTH / len(words)
    y = paper.get_y()
    paper.set_draw_color(_PALE)
    paper.set_line_width(0.25)
    for number, word in enumerate(words):
        x = _MARGIN + number * wide
        paper.text(x, y + 5, word)
        paper.line(x + _text_width(paper, word) + 2, y + 5.6, x + wide - 5, y + 5.6)
    paper.set_y(y + _LINE + 4)


def _write_task(paper: _Paper, number: int, task: Task, language: str, words: Words) -> None:
    height = _height_of(paper, task, language)
    if paper.get_y() + height > paper.h - _FOOT:
        paper.add_page()
    _write_numbered(paper, number, task.text[language])
    if task.show:
        paper.ln(2)
        size = (_WIDTH - _INDENT, task.show_height)
        paper.image(_draw(task.show, size, words), x=_MARGIN + _INDENT, w=size[0], h=size[1])
        paper.ln(1)
    paper.set_draw_color(_PALE)
    paper.set_line_width(0.25)
    for _ in range(task.lines):
        paper.ln(_WRITING_LINE)
        paper.line(_MARGIN + _INDENT, paper.get_y(), _MARGIN + _WIDTH, paper.get_y())
    paper.ln(6)


def _height_of(paper: _Paper, task: Task, language: str) -> float:
    lines = _lines_of(paper, task.text[language])
    picture = task.show_height + 3 if task.show else 0
    return len(lines) * _LINE_WITH_FRACTION + picture + task.lines * _WRITING_LINE


def _draw(scene: Scene, size: tuple[float, float], words: Words) -> Image.Image:
    width, height = (round(one * _PIXELS_PER_MILLIMETRE) for one in size)
    picture = Picture(width, height, colours.WHITE)
    draw_scene(picture.view, (0, 0, width, height), scene, words)
    data = io.BytesIO()
    picture.finish_few_colours().convert("RGB").save(data, "PNG")
    return Image.open(data)


def _lines_of(paper: _Paper, text: str, indent: float = _INDENT) -> list[list[Piece]]:
    paper.set_font(_FAMILY, size=_TEXT_POINTS)
    return break_lines(text, _WIDTH - indent, lambda piece: _width_of(paper, piece))


def _width_of(paper: _Paper, piece: Piece) -> float:
    if piece.bottom:
        return max(_text_width(paper, piece.text), _text_width(paper, piece.bottom)) + 2.4
    return _text_width(paper, piece.text)


def _text_width(paper: _Paper, text: str) -> float:
    return float(paper.get_string_width(text))


def _write_numbered(paper: _Paper, number: int, text: str) -> None:
    """Write a text with its number in the margin."""
    y = paper.get_y()
    baseline = _write_lines(paper, text, _INDENT)
    end = paper.get_y()
    paper.set_y(y)
    paper.set_text_color(colours.TOMATO)
    paper.text(_MARGIN, baseline, f"{number}.")
    paper.set_text_color(colours.INK)
    paper.set_y(end)


def _write_lines(paper: _Paper, text: str, indent: float) -> float:
    """Write a text in lines tall enough for their fractions; return the first one's baseline."""
    first = 0.0
    for line in _lines_of(paper, text, indent):
        tall = _LINE_WITH_FRACTION if any(piece.bottom for piece in line) else _LINE
        baseline = paper.get_y() + tall / 2 + _TEXT_POINTS * _POINT * 0.36
        first = first or baseline
        x = _MARGIN + indent
        for piece in line:
            _write_piece(paper, piece, x, baseline)
            x += _width_of(paper, piece)
        paper.set_y(paper.get_y() + tall)
    return first


def _write_piece(paper: _Paper, piece: Piece, x: float, baseline: float) -> None:
    if not piece.bottom:
        paper.text(x, baseline, piece.text)
        return
    size = _TEXT_POINTS * _POINT
    middle = x + _width_of(paper, piece) / 2
    bar = baseline - size * 0.34
    paper.set_draw_color(colours.INK)
    paper.set_line_width(0.3)
    paper.line(x + 0.6, bar, x + _width_of(paper, piece) - 0.6, bar)
    for text, y in ((piece.text, bar - size * 0.2), (piece.bottom, bar + size * 0.92)):
        paper.text(middle - _text_width(paper, text) / 2, y, text)
