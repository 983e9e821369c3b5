"""Packs that teachers keep at a version until a day, such as the end of a term."""

from datetime import date

from content_packs.errors import InvalidContent, Refused, UsageError
from content_packs.names import check_name, check_version
from content_packs.values import Value
from sync_node.school.ground import Ground, day_of
from sync_node.school.limits import PINNED_MAX
from sync_node.school.models import PinnedVersionRow


class PinnedVersion(Value, frozen=True):
    """A pack at a version. `until`: the last day on which that holds."""

    pack: str
    version: int
    until: date
    by: str


class PinnedVersions:
    """What is pinned. All methods raise `StorageFailed`; writing ones `Busy`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def pin(self, pack: str, version: int, until: date, *, by: str) -> PinnedVersion:
        """Keep a pack at a version. Raises `UsageError` for a day that is past, `Refused`."""
        try:
            check_name(pack, what="pack")
            check_version(version, what="version")
        except InvalidContent as error:
            raise UsageError(error.message, hint=error.hint) from error
        if until < self._ground.now().date():
            raise UsageError(f"{until} is past", hint="Choose a day to come.")
        made = PinnedVersion(pack, version, until, by)
        at = self._ground.now_text()

        def work() -> None:
            if PinnedVersionRow.select().where(PinnedVersionRow.pack != pack).count() >= PINNED_MAX:
                raise Refused(f"{PINNED_MAX} packs are pinned", hint="Unpin some first.")
            row = PinnedVersionRow.insert(
                pack=pack, version=version, until=until.isoformat(), by=by, created_at=at
            )
            row.on_conflict_replace().execute()

        self._ground.write(work)
        return made

    def unpin(self, pack: str) -> None:
        """Let a pack go on to newer versions."""
        ending = PinnedVersionRow.delete().where(PinnedVersionRow.pack == pack)
        self._ground.write(ending.execute)

    def pinned(self) -> list[PinnedVersion]:
        """Return what is pinned today, by pack."""
        today = self._ground.now().date()
        with self._ground.database.reading():
            rows = PinnedVersionRow.select().order_by(PinnedVersionRow.pack)
            found = [(row, day_of(row.until)) for row in rows]
        return [
            PinnedVersion(row.pack, row.version, until, row.by)
            for row, until in found
            if until is not None and until >= today
        ]
