"""The label of a box: what stands on it, and what the technician folds away.

In English and Chinese, or in the one of both that the seed names.

`NAME.label.html` has both parts, 100 mm by 60 mm each, for any browser's printer; `NAME.label.svg`
is the first alone, for label printers. The first has two QR codes: phones join the Wi-Fi by one and
open the site by the other. The second has the codes for the school's site: whoever reads them can
be its technician, so the files are their owner's alone.
"""

import html
import io
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import segno

from content_packs import durable
from content_packs.card_receipts import CardReceipt
from content_packs.card_seeds import FILE_MODE, CardSeed, OpenedSeed, shown_box_code
from sync_node.flashing import wifi_codes

ADDRESS = "http://satchel.lan/"
_SHOWN_ADDRESS = "satchel.lan"

_TITLE_MM, _TITLE_TWO_LINES_MM, _TITLE_WIDTH_MM = 6.5, 4.4, 92.0
_TITLE_LINES_MAX = 2
_WIDE = {"W", "F"}  # East Asian characters take a square
# Of that square, the others: as wide as in the widest of the fonts above, bold.
_NARROW_SHARE, _CAPITAL_SHARE = 0.66, 0.8
_BROAD, _BROAD_SHARE = "WMm@%", 1.1

_PAGE = """\
<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
@page {{ size: 100mm 120mm; margin: 0 }}
* {{ box-sizing: border-box; margin: 0 }}
body {{ color: #000; background: #fff; width: 100mm; -webkit-print-color-adjust: exact;
  font: 9pt/1.25 system-ui, "Noto Sans", "Noto Sans CJK SC", "WenQuanYi Zen Hei",
    "Microsoft YaHei", sans-serif }}
section {{ width: 100mm; height: 60mm; padding: 3mm 4mm; overflow: hidden; break-inside: avoid }}
section + section {{ border-top: .3mm dashed #777 }}
h1 {{ line-height: 1.15; white-space: nowrap }}
h2 {{ font-size: 8.5pt }}
.which {{ margin-bottom: .5mm }}
.codes {{ display: grid; grid-template-columns: 1fr 1fr; gap: 2mm; text-align: center }}
figure svg {{ display: block; width: 27mm; height: 27mm; margin: 0 auto }}
figcaption {{ font-size: 8pt }}
figcaption b {{ display: block; overflow-wrap: anywhere }}
figcaption b.long {{ font-size: 5.5pt }}
dl {{ display: grid; grid-template-columns: auto 1fr; gap: .4mm 3mm; margin-top: 1mm;
  font-size: 8pt }}
dd {{ overflow-wrap: anywhere }}
.code {{ font: 700 12pt/1.2 ui-monospace, "DejaVu Sans Mono", monospace }}
.fold {{ font-size: 7.5pt; margin-top: 1.5mm }}
@media screen {{ body {{ margin: 8mm; outline: .3mm solid #777 }} }}
</style>
<section>
<h1 style="font-size:{title_mm:.2f}mm">{title_lines}</h1>
<p class="which">{which}</p>
<div class="codes">
<figure>{wifi_qr}<figcaption>1. {join}
<b>{wifi}</b>{secret}</figcaption></figure>
<figure>{site_qr}<figcaption>2. {open}
<b>{address}</b></figcaption></figure>
</div>
</section>
<section>
<h2>{fold}</h2>
<dl>
{rows}</dl>
<p class="fold">{keep}</p>
</section>
</html>
"""
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="60mm" viewBox="0 0 100 60" \
font-family="system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'WenQuanYi Zen Hei', sans-serif">
<rect width="100" height="60" fill="#fff"/>
{texts}
<g transform="translate(13.5 18)">{wifi_qr}</g>
<g transform="translate(59.5 18)">{site_qr}</g>
</svg>
"""
_JOIN = ("Wi-Fi", "连接无线网")
_OPEN = ("Open", "打开网址")
_FOLD = ("Technician only: cut off or fold", "技术员专用，请剪下")
_KEEP = (
    "Who has these codes can manage this school’s site. Keep this part where pupils don’t come.",
    "凭此代码可管理本校网站，请妥善保管。",
)
_QR_MM = 27
_MIDDLE_WIFI, _MIDDLE_SITE, _COLUMN_MM = 27.0, 73.0, 44.0
_LONG_SECRET_CHARACTERS = 24
_CODE = ' class="code"'


@dataclass(frozen=True)
class Label:
    """Where a box's labels were written."""

    page: Path
    drawing: Path


def write(folder: Path, opened: OpenedSeed, receipt: CardReceipt) -> Label:
    """Write the labels of a card into `folder`. Raises `StorageFailed`."""
    durable.make_folder(folder)
    name = f"{receipt.school}-{receipt.card}.label"
    found = Label(folder / f"{name}.html", folder / f"{name}.svg")
    durable.write(found.page, page(opened, receipt).encode(), mode=FILE_MODE)
    durable.write(found.drawing, drawing(opened, receipt).encode(), mode=FILE_MODE)
    return found


def page(opened: OpenedSeed, receipt: CardReceipt) -> str:
    """Return both parts as HTML that needs nothing else."""
    seed = opened.seed
    title = seed.school_title or seed.school
    size, lines = _title(title)
    secret = seed.wifi.passphrase
    kind = ' class="long"' if len(secret) > _LONG_SECRET_CHARACTERS else ""
    return _PAGE.format(
        lang=seed.language or "en",
        join=_marked(seed, *_JOIN),
        open=_marked(seed, *_OPEN),
        fold=_marked(seed, *_FOLD),
        keep=_marked(seed, *_KEEP, between=" "),
        title=html.escape(title),
        title_mm=size,
        title_lines="<br>".join(map(html.escape, lines)),
        which=html.escape(_which(opened, receipt, title)),
        wifi_qr=_qr(wifi_codes.text_of(seed.wifi), omitsize=True),
        wifi=html.escape(seed.wifi.name),
        secret=f"<b{kind}>{html.escape(secret)}</b>" if secret else "",
        site_qr=_qr(ADDRESS, omitsize=True),
        address=_SHOWN_ADDRESS,
        rows="".join(
            f"<dt>{html.escape(name)}</dt><dd{kind}>{html.escape(value)}</dd>\n"
            for name, value, kind in _rows(opened, receipt)
        ),
    )


def drawing(opened: OpenedSeed, receipt: CardReceipt) -> str:
    """Return the part that stands on the box as SVG."""
    seed = opened.seed
    title = seed.school_title or seed.school
    size, lines = _title(title)
    texts = [
        _text(line, 4, 4 + size * (number + 0.8), size, bold=True)
        for number, line in enumerate(lines)
    ]
    texts += [
        _text(_which(opened, receipt, title), 4, 16.5, 3.2),
        _centred(f"1. {_said(seed, *_JOIN)}", _MIDDLE_WIFI, 48),
        _centred(seed.wifi.name, _MIDDLE_WIFI, 52.5, bold=True),
        _centred(seed.wifi.passphrase, _MIDDLE_WIFI, 57, bold=True),
        _centred(f"2. {_said(seed, *_OPEN)}", _MIDDLE_SITE, 48),
        _centred(_SHOWN_ADDRESS, _MIDDLE_SITE, 52.5, bold=True),
    ]
    return _SVG.format(
        texts="\n".join(filter(None, texts)),
        wifi_qr=_qr(wifi_codes.text_of(seed.wifi), omitsize=False),
        site_qr=_qr(ADDRESS, omitsize=False),
    )


def _said(seed: CardSeed, english: str, chinese: str, *, between: str = " · ") -> str:
    """Return a text in the label's language, or in both."""
    found = {"en": english, "zh": chinese}.get(seed.language)
    return f"{english}{between}{chinese}" if found is None else found


def _marked(seed: CardSeed, english: str, chinese: str, *, between: str = " · ") -> str:
    """Return it as HTML, which says what is Chinese on an English page."""
    if not seed.language:
        chinese = f'<span lang="zh">{chinese}</span>'
    return _said(seed, english, chinese, between=between)


def _which(opened: OpenedSeed, receipt: CardReceipt, title: str) -> str:
    """Return the card's number, and what else its label is to say."""
    number = _said(opened.seed, f"No. {receipt.card}", f"第 {receipt.card} 号")
    said = receipt.label.removeprefix(f"{receipt.card} ")  # as hub seeds writes it
    return number if not said or title.startswith(said) else f"{number} · {said}"


def _rows(opened: OpenedSeed, receipt: CardReceipt) -> list[tuple[str, str, str]]:
    """Return what the technician's part says: name, value, and how it is set."""
    seed = opened.seed
    packs = ", ".join(f"{pack.pack} {pack.version}" for pack in receipt.packs)
    hub = (seed.hub_title or seed.hubs[0].address)[:60]
    found = [
        ("Technician", "技术员代码", shown_box_code(seed.technician_code), _CODE),
        ("First teacher", "首位教师代码", shown_box_code(seed.teacher_code), _CODE),
        ("School, card", "学校、卡号", f"{seed.school}, {seed.card}", ""),
        ("Hub", "中心", hub, ""),
        ("Its fingerprint", "指纹", opened.fingerprint, ""),
        ("System", "系统", f"{receipt.system} ({receipt.satchel}, {receipt.arch})", ""),
        ("Written", "写入日期", receipt.at.strftime("%Y-%m-%d"), ""),
    ]
    if seed.node:
        found.append(("Replaces", "替换", seed.node, ""))
    if packs:
        found.append(("Packs", "内容包", packs if len(packs) < 100 else packs[:99] + "…", ""))
    return [(_said(seed, english, chinese), value, kind) for english, chinese, value, kind in found]


def _qr(text: str, *, omitsize: bool) -> str:
    """Return a QR code as SVG; level Q, so that a scratched one can be read."""
    code = _code(text)
    scale = 1.0 if omitsize else _QR_MM / code.symbol_size(border=2)[0]
    drawn = io.BytesIO()
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=omitsize, border=2, nl=False,
        scale=scale, light="#fff",
    )  # fmt: skip
    return drawn.getvalue().decode()


@lru_cache(maxsize=8)  # page and drawing have the same two
def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="q")


def _width(text: str) -> float:
    """Return about how wide a text is, in heights of its letters."""
    return sum(map(_width_of, text))


def _width_of(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in _WIDE:
        return 1.0
    if letter in _BROAD:
        return _BROAD_SHARE
    return _CAPITAL_SHARE if letter.isupper() else _NARROW_SHARE


def _title(text: str) -> tuple[float, list[str]]:
    """Return how large a title is set, in mm, and its lines: one, or two smaller ones."""
    size = _TITLE_MM
    lines = [text]
    if _width(text) * size > _TITLE_WIDTH_MM:
        size = _TITLE_TWO_LINES_MM
        lines = _wrapped(text, _TITLE_WIDTH_MM / size)
    while len(lines) > _TITLE_LINES_MAX:
        size *= 0.95
        lines = _wrapped(text, _TITLE_WIDTH_MM / size)
    return size, lines


def _wrapped(text: str, width: float) -> list[str]:
    """Cut a text into lines of at most this width: at blanks, or anywhere in Chinese."""
    lines, line = [], ""
    for letter in text:
        if _width(line + letter) > width and line:
            at = line.rfind(" ")
            whole = at <= 0 or unicodedata.east_asian_width(letter) in _WIDE
            lines.append(line if whole else line[:at])
            line = "" if whole else line[at + 1 :]
        line += letter
    return [*lines, line]


def _text(text: str, x: float, y: float, size: float, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:g}" y="{y:.2f}" font-size="{size:.2f}"{weight}>{html.escape(text)}</text>'


def _centred(text: str, middle: float, y: float, *, bold: bool = False) -> str:
    """Return a line around `middle`, as large as it fits its column; nothing for no text."""
    if not text:
        return ""
    size = min(3.2, _COLUMN_MM / _width(text))
    return _text(text, middle, y, size, bold=bold).replace("<text", '<text text-anchor="middle"', 1)
