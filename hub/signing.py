"""Signing a new edition of the repository's metadata, so that no reader ever sees a mix.

The order, each step durable before the next:
1. content that the new edition names (the caller's part);
2. the changed channels, then targets if changed, each under a number that was never used;
3. the snapshot that names them, under a number that was never used;
4. `timestamp.json`, by one atomic rename: from here on, and not before, the new one is in force.

Cut off before 4, the old edition stays in force, whole: nothing that it names was touched. The
files left behind are named by nothing, and no client asks for a number that no snapshot told it.

**Numbers.** An immutable name never gets two contents, not even where the first was left by a cut
and only a probing cache could have seen it: a new number is one more than the highest that lies in
the folder, named or not. TUF asks only that numbers don't go back (specification, section 5); roots
alone have no gaps. What was left behind stays: it is small, and it keeps its number taken. A hub
that was restored from a backup (`hub.backup.restoring`) has an empty file `<number>.any.json`: it
keeps that number and all below it taken, for roles, too, that the backup didn't know.

`timestamp.json` has no number in its name, and a power cut can take it back after nodes saw it: the
rename was done and not yet durable. The files of 2 and 3 that it named are durable by then, so the
next one knows of it by them: it signs those roles anew, so that nothing goes back for nodes, and
leaves its number out. A timestamp that was only renewed leaves no such files; so an edition's
version is two more than the one before, a renewed timestamp's one more.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from content_packs import durable
from content_packs.digests import digest_of
from content_packs.repository import SIGNED_AT
from hub.clock import in_words
from hub.edition import Edition, file_name, read_edition
from hub.errors import ClockBehind
from hub.expiry import due, lifetime_of
from hub.keys import KeyStore
from hub.limits import CLOCK_BEHIND_MAX

_COMPACT = JSONSerializer(compact=True)
ANY_ROLE = "any"  # no role's name: those of channels begin with c-
_STEP_OF_EDITION = 2  # of the timestamp's version


def sign(
    signed: Root | Targets | Snapshot | Timestamp,
    *keys: str,
    store: KeyStore,
    new_alone: bool = False,
) -> bytes:
    """Return a metadata file, signed with the named keys and with those that take over from them.

    `new_alone`: where one of the named is gone, what takes over from it will do. Raises
    `KeyAbsent`, `KeyLocked`.
    """
    metadata: Metadata[Any] = Metadata(signed)
    for key in keys:
        for signer in store.signers(key, new_alone=new_alone):
            metadata.sign(signer, append=True)
    return metadata.to_bytes(_COMPACT)


@dataclass(frozen=True)
class Signing:
    """Signs into the metadata `folder`, with `keys`, as of `now`."""

    folder: Path
    keys: KeyStore
    now: datetime

    def begin(self, changed: Mapping[str, Targets]) -> Edition:
        """Put the first edition in force: the `changed` roles, by role name; return it.

        Raises `KeyAbsent` before anything is written, `StorageFailed`.
        """
        return self._put_in_force(changed, {}, 1)

    def commit(
        self,
        base: Edition,
        changed: Mapping[str, Targets],
        *,
        again: Iterable[str] = (),
        signed_elsewhere: bytes | None = None,
    ) -> Edition:
        """Put a new edition in force: `base` with the `changed` roles, by role name; return it.

        `changed` holds `targets` and roles below it; their versions and expiries are set here.
        What else is due and has its key here is signed anew, too. So are the roles in `again`,
        which `targets` may give a new key now: where the old one is gone, by the new one alone.
        `signed_elsewhere` is a file of targets that was signed where their key is, verified by the
        caller. Raises `KeyAbsent` before anything is written, `ClockBehind`, `StorageFailed`.
        """
        return self._commit(base, changed, due(base, self.now), signed_elsewhere, frozenset(again))

    def renew(self, base: Edition, *, everything: bool = False) -> list[str]:
        """Sign anew what is due, or `everything`, where its key is here; return those roles.

        Raises `KeyAbsent` if the snapshot's or timestamp's key isn't here, `ClockBehind`,
        `StorageFailed`.
        """
        needed = due(base, self.now) | self._left_behind(base) | base.lapsed
        wanted = set(base.roles()) if everything else needed
        roles = sorted(wanted & (self._renewable(base) | {"snapshot", "timestamp"}))
        if roles:
            self._commit(base, {}, set(roles))
        return roles

    def _commit(
        self,
        base: Edition,
        changed: Mapping[str, Targets],
        due_roles: set[str],
        targets: bytes | None = None,
        forced: frozenset[str] = frozenset(),
    ) -> Edition:
        self._check_clock(base)
        roles = base.targets_roles()
        again = due_roles | self._left_behind(base) | base.lapsed | forced
        if targets is not None:
            again.discard("targets")
        signable = self._renewable(base) | (forced & roles.keys())
        renewed = {role: roles[role] for role in again & signable}
        version = base.timestamp.version
        if changed or renewed or targets or "snapshot" in again:
            editions = free_number(self.folder, "snapshot") - base.snapshot.version
            version += _STEP_OF_EDITION * editions  # one, if none was left behind
            signed = {**renewed, **changed}
            return self._put_in_force(signed, base.snapshot.meta, version, targets, forced)
        self._write_timestamp(version + 1, base.timestamp.snapshot_meta)
        return read_edition(self.folder)

    def _left_behind(self, base: Edition) -> set[str]:
        """Return the roles with files of an edition that isn't in force, or isn't any more."""
        mine = {"snapshot": base.snapshot.version} | {
            role: base.targets_roles()[role].version for role in self._renewable(base)
        }
        return {
            role for role, version in mine.items() if free_number(self.folder, role) > version + 1
        }

    def _check_clock(self, base: Edition) -> None:
        """Refuse to sign by a clock that is wrong: nodes would take it for the time, or lapse."""
        last = datetime.fromisoformat(base.timestamp.unrecognized_fields[SIGNED_AT])
        if self.now < last - CLOCK_BEHIND_MAX:
            raise ClockBehind(
                f"this machine's clock says {in_words(self.now)}, but the hub signed its last "
                f"timestamp on {in_words(last)}",
                hint="Set the clock right (timedatectl), then run this again.",
            )

    def _renewable(self, base: Edition) -> set[str]:
        return {role for role in base.targets_roles() if self.keys.has(role)}

    def _put_in_force(
        self,
        changed: Mapping[str, Targets],
        named: Mapping[str, MetaFile],
        version: int,
        targets: bytes | None = None,
        forced: frozenset[str] = frozenset(),
    ) -> Edition:
        for role in (*changed, "snapshot", "timestamp"):
            self.keys.signers(role, new_alone=role in forced)
        named = dict(named)
        for role in sorted(changed, key=lambda role: role == "targets"):
            new, alone = copy.deepcopy(changed[role]), role in forced
            named[f"{role}.json"] = self._write_numbered(role, new, new_alone=alone)
        if targets is not None:
            named["targets.json"] = self._write_as_it_is(targets)
        snapshot_meta = self._write_numbered("snapshot", Snapshot(meta=named))
        self._write_timestamp(version, snapshot_meta)
        return read_edition(self.folder)

    def _write_numbered(
        self, role: str, signed: Targets | Snapshot, *, new_alone: bool = False
    ) -> MetaFile:
        """Write a role under a number never used; return how the snapshot has to name it."""
        signed.version = free_number(self.folder, role)
        signed.expires = self.now + lifetime_of(role)
        data = sign(signed, role, store=self.keys, new_alone=new_alone)
        durable.write(self.folder / file_name(role, signed.version), data)
        return MetaFile(signed.version, len(data), {"sha256": digest_of(data)})

    def _write_as_it_is(self, targets: bytes) -> MetaFile:
        """Write targets that were signed elsewhere; return how the snapshot has to name them."""
        version = Metadata[Targets].from_bytes(targets).signed.version
        durable.write(self.folder / file_name("targets", version), targets)
        return MetaFile(version, len(targets), {"sha256": digest_of(targets)})

    def _write_timestamp(self, version: int, snapshot: MetaFile) -> None:
        signed = Timestamp(
            version,
            expires=self.now + lifetime_of("timestamp"),
            snapshot_meta=snapshot,
            unrecognized_fields={SIGNED_AT: in_words(self.now)},
        )
        durable.write(self.folder / "timestamp.json", sign(signed, "timestamp", store=self.keys))


def free_number(folder: Path, role: str) -> int:
    """Return the lowest version of a role above every one that was ever written."""
    pattern = re.compile(rf"([1-9][0-9]*)\.(?:{re.escape(role)}|{ANY_ROLE})\.json(?:\.part)?")
    found = (pattern.fullmatch(path.name) for path in folder.iterdir())
    return 1 + max((int(match[1]) for match in found if match), default=0)
