"""Enrolment codes on paper: A4, two columns, in English and Chinese, each with a QR code.

A code's QR holds the eleven characters alone. Whoever cuts the sheet apart has one card for each
box.
"""

import html
import io
from collections.abc import Sequence
from pathlib import Path

import segno

from content_packs import durable
from hub import paper
from hub.fleet.codes import MadeCode

_MODE = 0o600  # who reads it can use the codes

_STYLE = """
h1 { font-size: 12pt; margin: 0 0 4mm }
ul { display: grid; grid-template-columns: 1fr 1fr }
li { display: grid; grid-template-columns: 34mm 1fr; gap: 1mm 4mm; align-content: start;
  margin: 0 -.3mm -.3mm 0; padding: 3mm 4mm; border: .3mm dashed #777; break-inside: avoid;
  line-height: 1.35 }
svg { display: block; width: 34mm; height: 34mm }
p { margin: 0 }
b { display: block; overflow-wrap: anywhere }
.code { grid-column: 1 / -1; font: 700 17pt/1.2 ui-monospace, "DejaVu Sans Mono", monospace;
  white-space: nowrap; letter-spacing: .02em }
.how { grid-column: 1 / -1; font-size: 8pt; line-height: 1.3 }
"""
_BODY = """
<h1>{title}</h1>
<ul>
{cards}</ul>
"""
_CARD = """\
<li>{qr}
<div>
<b>{school}</b>
<p>{names}</p>
<p>{kind_en}<br><span lang="zh">{kind_zh}</span></p>
<p>until <time>{until}</time><br><span lang="zh">有效期至 {until}</span></p>
</div>
<p class="code">{code}</p>
<p class="how">Type it on the box’s page, <code>satchel.lan/box/enrol</code>. Good once. Then
compare the fingerprint there with the hub’s. <span lang="zh">在设备的页面上输入此代码，\
只能使用一次；然后核对设备与中心显示的指纹。</span></p>
</li>
"""


def page(codes: Sequence[MadeCode], *, title: str) -> str:
    """Return the sheet as HTML; `title` is the hub's."""
    body = _BODY.format(title=html.escape(title), cards="".join(map(_card, codes)))
    return paper.page(title, style=_STYLE, body=body)


def write(file: Path, codes: Sequence[MadeCode], *, title: str) -> None:
    """Write the sheet to a file that nobody else on this machine can read.

    Raises `StorageFailed`.
    """
    durable.write(file, page(codes, title=title).encode(), mode=_MODE)


def _card(made: MadeCode) -> str:
    return _CARD.format(
        qr=_qr(made.code),
        school=html.escape(made.school_title or made.school),
        names=html.escape(f"{made.school} · {made.district}"),
        kind_en=html.escape(f"replaces {made.node}" if made.node else "a new box"),
        kind_zh=html.escape(f"替换 {made.node}" if made.node else "新设备"),
        until=made.expires_at[:10],
        code=made.shown,
    )


def _qr(code: str) -> str:
    """Return a code's QR as SVG: level Q, so that it can be read with a fold across it."""
    drawn = io.BytesIO()
    segno.make_qr(code, error="q").save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, nl=False
    )
    return drawn.getvalue().decode()
