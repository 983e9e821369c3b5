"""Systems: packs that bring a box its own operating system, not lessons (FORMAT.md, section 3.4).

That a pack is one stands in its manifest (`system`) and in the signed offer, never in its name. It
is offered on one channel, which has a key of its own, and on that channel there is nothing else: a
publisher of lessons, or the key of any other channel, can't bring a system.
"""

from collections.abc import Iterable
from typing import NamedTuple

from content_packs.errors import InvalidContent
from content_packs.manifest_model import Manifest
from content_packs.names import check_name

CHANNEL = "system"
LESSON = "system"
SQUASHFS = "system.squashfs"
RELEASE = "release.toml"
BOOT = "boot"
SLOTS = ("a", "b")
ENTRY = "entry.conf"


class NeededFile(NamedTuple):
    """A file that every system has, and what for."""

    path: str
    what_for: str


NEEDED = (
    NeededFile(SQUASHFS, "the root file system"),
    NeededFile(RELEASE, "which system it is"),
    NeededFile(f"{BOOT}/vmlinuz", "the kernel"),
    NeededFile(f"{BOOT}/initrd.img", "the initramfs"),
    *(NeededFile(f"slot-{slot}/{ENTRY}", f"how slot {slot} is started") for slot in SLOTS),
)


def check(manifest: Manifest, *, what: str) -> None:
    """Raise `InvalidContent` unless a manifest that says it is a system has what one needs."""
    if manifest.system is None:
        return
    check_name(manifest.system.arch, what=f"{what}: system.arch")
    for needed in NEEDED:
        if needed.path not in manifest.by_path:
            raise InvalidContent(f"{what}: a system without {needed.path}, {needed.what_for}")
    if [lesson.id for lesson in manifest.lessons] != [LESSON]:
        raise InvalidContent(
            f"{what}: a system has the one lesson {LESSON!r}, found {_named(manifest)}",
            hint="Make it with deploy/image/system-pack.",
        )
    if left := set(manifest.by_path) - manifest.lessons[0].required_paths():
        raise InvalidContent(
            f"{what}: {min(left)[:120]!r} isn't needed by the lesson {LESSON!r}: a system is whole "
            "only with all of its files",
            hint="Make it with deploy/image/system-pack.",
        )


def may_stand(channel: str, arch: str) -> bool:
    """Say whether an offer may stand on a channel; `arch`: of a system, empty for lessons."""
    return (channel == CHANNEL) == bool(arch)


def _named(manifest: Manifest) -> str:
    names: Iterable[str] = (lesson.id for lesson in manifest.lessons[:5])
    return ", ".join(names) or "none"
