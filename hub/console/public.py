"""The public page at `/`: what this hub offers, for anybody who opens its address."""

from collections.abc import Mapping
from typing import Any

from flask import render_template
from werkzeug.datastructures import LanguageAccept

from content_packs.manifest import text_in
from hub import overview
from hub.edition import Edition, read_edition
from hub.hub import Hub
from hub.rollouts import on_channels

LANGUAGES = ("en", "zh")

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "intro": "This hub publishes packs of lessons for schools. "
        "A school's box fetches them from here by itself.",
        "packs": "Packs",
        "pack": "Pack",
        "publisher": "Publisher",
        "version": "Version",
        "size": "Size",
        "offered_on": "Offered on",
        "no_packs": "Nothing is offered yet.",
        "channels": "Channels",
        "channel": "Channel",
        "offers": "Offers",
        "nothing": "nothing yet",
        "staged": "to some schools first, stage {stage} of {stages}",
        "last": "to all schools, stage {stage} of {stages}",
        "paused": "to some schools first, stage {stage} of {stages}, paused",
        "ended": "some schools have it; no more get it",
        "for_nodes": "For whoever sets up a node",
        "trust": "A node needs this address and the hub's root of trust. "
        "Take that from the hub's keeper, not from this page.",
    },
    "zh": {
        "intro": "本中心向学校发布课程包，学校的设备会自动从这里获取。",
        "packs": "课程包",
        "pack": "课程包",
        "publisher": "发布者",
        "version": "版本",
        "size": "大小",
        "offered_on": "发布频道",
        "no_packs": "暂无课程包。",
        "channels": "频道",
        "channel": "频道",
        "offers": "提供",
        "nothing": "暂无",
        "staged": "先发给部分学校，第 {stage} 批，共 {stages} 批",
        "last": "发给所有学校，第 {stage} 批，共 {stages} 批",
        "paused": "先发给部分学校，第 {stage} 批，共 {stages} 批，已暂停",
        "ended": "部分学校已有，不再发给更多学校",
        "for_nodes": "给设置节点的人",
        "trust": "设置节点需要本页的网址和本中心的信任根文件。"
        "请向本中心的管理者索取，不要从本页获取。",
    },
}


def home_page(hub: Hub, accepted: LanguageAccept) -> str:
    """Return the home page in the best of the `accepted` languages.

    Raises `Damaged`, `StorageFailed`.
    """
    language = accepted.best_match(LANGUAGES, default=LANGUAGES[0]) or LANGUAGES[0]
    edition = read_edition(hub.data.metadata)
    packs: list[dict[str, Any]] = [
        {"view": view, "title": text_in(view.shown.title, (language,))}
        for view in overview.packs(hub, edition)
        if view.offered or view.staged  # what isn't released is nobody else's business
    ]
    return render_template(
        "public.html",
        title=hub.config.title,
        language=language,
        text=_TEXTS[language],
        packs=packs,
        channels=overview.channels(edition),
        staged=_staged(hub, edition, language),
    )


def _staged(hub: Hub, edition: Edition, language: str) -> dict[str, list[str]]:
    """Return what each channel offers to some schools so far, in words."""
    found: dict[str, list[str]] = {}
    for one in on_channels.staged(hub, edition):
        kind = {"running": "staged", "paused": "paused"}.get(one.state, "ended")
        if kind == "staged" and one.to_all:
            kind = "last"
        words = _TEXTS[language][kind].format(stage=one.stage, stages=one.of_stages)
        found.setdefault(one.channel, []).append(f"{one.pack} {one.version} ({words})")
    return found
