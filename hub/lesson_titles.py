"""What the lessons of a pack are called, by its newest version."""

from hub import contents
from hub.errors import Damaged
from hub.hub import Hub
from hub.models import VersionRow


def newest_manifest(pack: str) -> str:
    """Return the digest of the manifest of a pack's newest version, empty for none.

    Inside the caller's transaction.
    """
    rows = VersionRow.select().where((VersionRow.pack == pack) & (VersionRow.withdrawn_at == ""))
    row = rows.order_by(VersionRow.version.desc()).first()
    return "" if row is None else str(row.manifest)


def lesson_titles(hub: Hub, pack: str, manifest: str) -> dict[str, dict[str, str]]:
    """Return the titles of a version's lessons in their order; none where it can't be read."""
    if not manifest:
        return {}
    try:
        found, _ = contents.read_manifest(hub.objects, pack, manifest)
    except Damaged:
        return {}  # `hub` says so elsewhere
    return {lesson.id: dict(lesson.title) for lesson in found.lessons}
