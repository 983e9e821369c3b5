"""Who may publish what: publishers' keys, and the packs that each may sign.

The rules of `judge`, in this order:
1. a key that is known has to be that of the publisher that the pack names, and may sign this pack;
2. a key that was removed signs nothing any more;
3. a publisher whose key is known signs: nobody else publishes in its name;
4. where `require_signatures` is set, nothing else is taken;
5. otherwise the hub's operator, who runs `hub publish`, vouches for it with their own hand.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from content_packs import key_files
from content_packs.errors import Missing, Refused, UsageError
from content_packs.hub_keys import keyid_of
from content_packs.limits import NAME_CHARACTERS_MAX
from content_packs.names import check_name
from content_packs.publications import Signer
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.models import PublisherKeyRow

_PATTERN = re.compile(rf"[a-z0-9*?-]{{1,{NAME_CHARACTERS_MAX}}}")


@dataclass(frozen=True)
class PublisherKey:
    """A publisher's key. `packs` is a pattern of names: `*` any characters, `?` one.

    `removed_at` is empty while it counts.
    """

    publisher: str
    keyid: str
    packs: str
    added_at: str
    removed_at: str


def add(
    hub: Hub, publisher: str, public: Path, packs: str, *, by: str = ""
) -> tuple[PublisherKey, bool]:
    """Let the key in a file sign packs of a publisher; return it, and False if it could before.

    `by`: who did it, for the audit log.
    Adding it again with another pattern changes the pattern. Raises `UsageError`, `InvalidContent`,
    `Missing`, `Refused` for a key of another publisher or one that was removed, `Busy`,
    `StorageFailed`.
    """
    check_name(publisher, what="publisher")
    if not _PATTERN.fullmatch(packs):
        raise UsageError(
            f"packs: {packs[:80]!r} is not a pattern",
            hint="A pattern is a pack's name in which * stands for any characters: grade4-*",
        )
    key = key_files.verifying_from(key_files.read_bounded(public), what=str(public))
    raw = key_files.raw_of(key)
    keyid = keyid_of(raw)
    with hub.locked(f"adding the publisher {publisher}"), hub.database.writing():
        row = PublisherKeyRow.get_or_none(PublisherKeyRow.keyid == keyid)
        if row is None:
            now = in_words(hub.clock())
            PublisherKeyRow.insert(
                keyid=keyid, publisher=publisher, public=raw.hex(), packs=packs, added_at=now
            ).execute()
            _note(hub, "publisher-added", publisher, packs, keyid, by)
            return PublisherKey(publisher, keyid, packs, now, ""), True
        if row.removed_at or row.publisher != publisher:
            why = f"was removed on {row.removed_at}" if row.removed_at else f"is {row.publisher}'s"
            raise Refused(
                f"{public}: the key {keyid[:16]} {why}",
                hint="Make another: content-packs keygen FILE",
            )
        changed = row.packs != packs
        if changed:
            PublisherKeyRow.update(packs=packs).where(PublisherKeyRow.keyid == keyid).execute()
            _note(hub, "publisher-added", publisher, packs, keyid, by)
        return PublisherKey(publisher, keyid, packs, row.added_at, ""), changed


def list_keys(hub: Hub) -> list[PublisherKey]:
    """Return the keys of publishers, removed ones too, by publisher. Raises `StorageFailed`."""
    rows = PublisherKeyRow.select().order_by(PublisherKeyRow.publisher, PublisherKeyRow.added_at)
    with hub.database.transaction():
        return [_view(row) for row in rows]


def remove(hub: Hub, publisher: str, keyid: str = "", *, by: str = "") -> list[PublisherKey]:
    """Let a publisher's keys sign nothing any more: all, or the one that begins with `keyid`.

    Published versions stay. Returns those that were removed now. Raises `Missing` where there is
    none, `Busy`, `StorageFailed`.
    """
    with hub.locked(f"removing the publisher {publisher}"), hub.database.writing():
        rows = PublisherKeyRow.select().where(PublisherKeyRow.publisher == publisher)
        found = [_view(row) for row in rows if row.keyid.startswith(keyid)]
        if not found:
            key = f"key {keyid[:64]!r} of a publisher" if keyid else "key of a publisher"
            raise Missing(
                f"there is no {key} {publisher[:80]!r}",
                hint="See those there are: hub publishers list",
            )
        counting = [each for each in found if not each.removed_at]
        now = in_words(hub.clock())
        for each in counting:
            PublisherKeyRow.update(removed_at=now).where(
                PublisherKeyRow.keyid == each.keyid
            ).execute()
            _note(hub, "publisher-removed", publisher, each.packs, each.keyid, by)
    return counting


def _note(  # noqa: PLR0913, PLR0917 - what a line says
    hub: Hub, event: audit.Event, publisher: str, packs: str, keyid: str, by: str
) -> None:
    audit.note(hub, event, keyid=keyid, reason=f"{publisher}: {packs}", actor=by)


def judge(
    keys: list[PublisherKey], pack: str, publisher: str, signer: Signer | None, *, require: bool
) -> None:
    """Raise `Refused` unless this pack of this publisher may be published, signed as it is."""
    key = next((each for each in keys if signer and each.keyid == signer.keyid), None)
    if key is not None:
        _check_key(key, pack, publisher)
        return
    known = [each for each in keys if each.publisher == publisher and not each.removed_at]
    if known:
        raise Refused(
            f"{pack}: says it is of the publisher {publisher!r}, but "
            + ("another key signed it" if signer else "isn't signed"),
            hint=f"{publisher} signs it: content-packs sign FILE.cpack --key KEYFILE. The "
            "signature FILE.cpack.sig has to lie beside it.",
        )
    if require:
        raise Refused(
            f"{pack}: "
            + (f"the key {signer.keyid[:16]} is no publisher's" if signer else "isn't signed")
            + ", and this hub takes nothing unsigned (require_signatures in hub.toml)",
            hint="Let its publisher sign it, and let the hub know the key: hub publishers add "
            "NAME --key FILE.pub --packs PATTERN",
        )


def _check_key(key: PublisherKey, pack: str, publisher: str) -> None:
    if key.removed_at:
        raise Refused(
            f"{pack}: is signed by a key of {key.publisher} that was removed on {key.removed_at}",
            hint="Have it signed with a key that counts.",
        )
    if key.publisher != publisher:
        raise Refused(
            f"{pack}: is signed by {key.publisher}, but says it is of the publisher {publisher!r}",
            hint="A publisher signs packs of its own.",
        )
    if not fnmatchcase(pack, key.packs):
        raise Refused(
            f"{pack}: {key.publisher} may publish {key.packs}, and this isn't among them",
            hint=f"If it should be: hub publishers add {key.publisher} --key FILE.pub "
            "--packs PATTERN",
        )


def _view(row: PublisherKeyRow) -> PublisherKey:
    return PublisherKey(row.publisher, row.keyid, row.packs, row.added_at, row.removed_at)
