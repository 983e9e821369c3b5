"""The sheet that comes with seeds, on paper: A4, in English and Chinese.

On top stands the fingerprint of the root, which the technician compares with what the laptop shows
when it writes the first card. Below, for each school, what its teachers need on the first day.
Whoever cuts it apart has one slip for each school.
"""

import html
from collections.abc import Sequence

from content_packs.card_seeds import shown_box_code
from hub import paper
from hub.cards.seeding import MadeSeed

_STYLE = """
h1 { font-size: 13pt; margin: 0 0 2mm }
code { font: 700 12pt/1.3 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
header { margin: 0 0 5mm; padding: 4mm; border: .5mm solid #000 }
header p code { font-size: inherit }
header > code { display: block; font-size: 17pt; letter-spacing: .02em }
li { margin: 0 0 -.3mm; padding: 4mm; border: .3mm dashed #777; break-inside: avoid }
h2 { font-size: 12pt; margin: 0; overflow-wrap: anywhere }
p { margin: 0 0 1mm }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(42mm, 1fr)); gap: 2mm 4mm;
  margin: 2mm 0 0 }
dt { font-size: 8pt; line-height: 1.25; color: #444 }
dd { margin: 0; overflow-wrap: anywhere }
"""
_BODY = """
<header>
<h1>{title}</h1>
<p>Compare this fingerprint with what <code>sync-node flash</code> shows before the first card.
<span lang="zh">写第一张卡之前，请核对电脑显示的指纹：</span></p>
<code>{fingerprint}</code>
</header>
<ul>
{slips}</ul>
"""
_SLIP = """\
<li>
<h2>{school}</h2>
<p>{names}</p>
<dl>
{facts}</dl>
</li>
"""
_FACT = """\
<div><dt>{en}<br><span lang="zh">{zh}</span></dt><dd>{value}</dd></div>
"""


def page(made: Sequence[MadeSeed], *, title: str) -> str:
    """Return the sheet of seeds that were made in one call, as HTML; `title` is the hub's."""
    body = _BODY.format(
        title=html.escape(title),
        fingerprint=made[0].fingerprint if made else "",
        slips="".join(map(_slip, made)),
    )
    return paper.page(title, style=_STYLE, body=body)


def _slip(made: MadeSeed) -> str:
    seed = made.seed
    school = html.escape(seed.school_title or seed.school)
    replaces = f" · replaces {seed.node} / 替换 {seed.node}" if seed.node else ""
    names = html.escape(f"{seed.school} · {made.district} · card {seed.card}{replaces}")
    return _SLIP.format(school=school, names=names, facts="".join(_facts(made)))


def _facts(made: MadeSeed) -> list[str]:
    seed, passphrase = made.seed, made.seed.wifi.passphrase
    until = seed.code_expires_at.date().isoformat()
    said = [
        ("Wi-Fi", "无线网络", _code(seed.wifi.name)),
        ("Passphrase", "密码", _code(passphrase) if passphrase else "– (open / 开放)"),
        ("First teacher’s code, good once", "首位教师代码，仅一次", _shown(seed.teacher_code)),
        ("Technician’s code", "技术员代码", _shown(seed.technician_code)),
        ("The box can join until", "设备可加入的截止日期", until),
    ]
    return [_FACT.format(en=en, zh=zh, value=value) for en, zh, value in said]


def _code(text: str) -> str:
    return f"<code>{html.escape(text)}</code>"


def _shown(code: str) -> str:
    return _code(shown_box_code(code))
