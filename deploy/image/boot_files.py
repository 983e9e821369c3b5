"""The files of the boot partition: what the firmware reads before there is a kernel.

UEFI (systemd-boot; the Boot Loader Specification's type 1 entries). `loader/loader.conf` takes the
first entry in systemd-boot's own order: entries that have tries left, or need none, before those
that have used theirs up; then the higher version. So a slot that was written anew is tried first;
each start takes one of its tries away by renaming (`satchel-b+3.conf`, `satchel-b+2-1.conf`, …);
what never was marked as good ends behind the other slot. Marking as good is renaming to
`satchel-b.conf`.

Raspberry Pi. `config.txt` names the slot by `os_prefix`: kernel, initramfs, device trees and
`cmdline.txt` are taken from that folder. It fills one sector, whatever it says: so it is replaced
in place, and a power cut leaves the old one or the new one (deploy/node/update/booting.py).

Texts come out of here; the image's build writes them into the partition and into system updates.
"""

import re

SLOTS = ("a", "b")
TRIES = 3
TRIES_MAX = 99
VERSION_MAX = 2**53 - 1
COMMAND_LINE_BYTES_MAX = 1024
KERNEL, INITRD, COMMAND_LINE = "vmlinuz", "initrd.img", "cmdline.txt"
LOADER_CONF, ENTRY = "loader/loader.conf", "entry.conf"
CONFIG_TXT = "config.txt"
CONFIG_BYTES = 512  # a sector, which a card writes whole or not at all
ENTRIES = "loader/entries"

# gpt: where a cut hit the disk's first partition table, the kernel takes the second.
# panic: a system that fails starts again, which boot counting takes as a try that failed.
# getty_auto: nobody signs in at a screen or a serial line; boxes have no passwords.
# gpt_auto: what is mounted is said by name; partitions of a stick aren't mounted for their types.
# kpti: keeps user programs from reading the kernel's memory on processors with the Meltdown fault,
# which no board that is named in OPERATIONS.md has. On arm64 the kernel turns it on all the same
# where its own place is random, and then every call of it costs more.
ALWAYS = ("gpt", "panic=10", "quiet", "loglevel=4", "kpti=off", "systemd.show_status=error",
          "systemd.getty_auto=no", "systemd.gpt_auto=no")  # fmt: skip
# A console that a board hasn't got is passed over; systemd writes to the last that is there.
CONSOLES = {
    "efi": ("console=tty0", "console=ttyS0,115200", "console=ttyAMA0,115200"),
    "pi": ("console=tty0", "console=ttyS1,115200"),
}
_COMMENT_CHARACTERS = 64  # of a line that fills up: the firmware reads no endless ones
_WORD = re.compile(r"[!-~]+\Z")
_ENTRY = re.compile(r"satchel-([ab])(?:\+(\d{1,2})(?:-(\d{1,2}))?)?\.conf\Z")


class BadBootFile(ValueError):
    """A slot, version, number of tries or kernel option that no boot file may have."""


def command_line(slot: str, firmware: str, extra: tuple[str, ...] = ()) -> str:
    """Return the kernel's command line for a slot, on `firmware` “efi” or “pi”.

    `extra` are words to add, such as a serial console. Raises `BadBootFile`.
    """
    words = (f"satchel.slot={_slot(slot)}", *ALWAYS, *CONSOLES[firmware], *extra)
    line = " ".join(words)
    if not all(map(_WORD.match, words)) or len(line) > COMMAND_LINE_BYTES_MAX:
        raise BadBootFile(
            f"{line!r} can't be a kernel's command line: words of plain characters, at most "
            f"{COMMAND_LINE_BYTES_MAX} bytes in all"
        )
    return line


def loader_conf() -> str:
    """Return `loader/loader.conf`: no menu, nobody edits, only our entries."""
    return (
        "timeout 0\n"
        "default satchel-*\n"
        "editor no\n"
        "auto-entries no\n"
        "auto-firmware no\n"
        "console-mode keep\n"
    )


def entry(slot: str, version: int, extra: tuple[str, ...] = ()) -> str:
    """Return the text of a slot's entry; `version` is the system's, from its release file."""
    if not 0 < version <= VERSION_MAX:
        raise BadBootFile(f"{version} is no system version: it has to be 1 to 2^53 - 1")
    return (
        f"title Satchel, system {version} (slot {_slot(slot)})\n"
        "sort-key satchel\n"
        f"version {version}\n"
        f"linux /{slot}/{KERNEL}\n"
        f"initrd /{slot}/{INITRD}\n"
        f"options {command_line(slot, 'efi', extra)}\n"
    )


def entry_name(slot: str, tries: int | None = None) -> str:
    """Return an entry's file name below `loader/entries`; `tries` None means: it is good."""
    if tries is None:
        return f"satchel-{_slot(slot)}.conf"
    if not 0 < tries <= TRIES_MAX:
        raise BadBootFile(f"{tries} tries: it has to be 1 to {TRIES_MAX}")
    return f"satchel-{_slot(slot)}+{tries}.conf"


def read_entry_name(name: str) -> tuple[str, int | None, int] | None:
    """Return the slot, the tries left (None: it is good) and those used; None: no entry of ours.

    FAT knows no case: names are compared in lower case, as systemd-boot does.
    """
    found = _ENTRY.match(name.lower())
    if not found:
        return None
    slot, left, used = found.groups()
    return slot, None if left is None else int(left), int(used or 0)


def pi_config(slot: str) -> str:
    """Return `config.txt` for a slot, `CONFIG_BYTES` long."""
    text = (
        "# Made by Satchel. The slot that starts; what fills this up makes it a sector.\n"
        f"os_prefix={_slot(slot)}/\n"
        "arm_64bit=1\n"
        f"kernel={KERNEL}\n"
        f"initramfs {INITRD} followkernel\n"
        f"cmdline={COMMAND_LINE}\n"
        "# Device trees are the kernel's own, by the names that it gives them.\n"
        "upstream_kernel=1\n"
        "enable_uart=1\n"
        "disable_splash=1\n"
        "boot_delay=0\n"
        "# No screen is looked at: memory is for the school.\n"
        "gpu_mem=32\n"
    )
    while (left := CONFIG_BYTES - len(text)) > 0:
        text += "\n" if left == 1 else "#" * (min(left, _COMMENT_CHARACTERS) - 1) + "\n"
    if left:
        raise BadBootFile(f"{CONFIG_TXT} has {len(text)} bytes, at most {CONFIG_BYTES}")
    return text


def pi_command_line(slot: str, extra: tuple[str, ...] = ()) -> str:
    """Return a slot's `cmdline.txt`, which the firmware finds by `os_prefix`."""
    return command_line(slot, "pi", extra) + "\n"


def read_pi_slot(text: str) -> str | None:
    """Return which slot a `config.txt` starts; None if it names none or two."""
    found = [line[10:].strip() for line in text.splitlines() if line.startswith("os_prefix=")]
    return found[0][0] if found in [["a/"], ["b/"]] else None


def slot_texts(slot: str, version: int, extra: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the texts that lie in a slot's folder beside kernel, initramfs and device trees.

    Name → text. The same are in a system update for that slot: from them `loader/entries` and the
    firmware's `config.txt` are written on the box (deploy/node/update/booting.py).
    """
    return {
        ENTRY: entry(slot, version, extra),
        CONFIG_TXT: pi_config(slot),
        COMMAND_LINE: pi_command_line(slot, extra),
    }


def as_built(version: int, slot: str = "a", extra: tuple[str, ...] = ()) -> dict[str, str]:
    """Return all texts of a new card's boot partition: place → text.

    One slot is filled, and has no tries to lose: there is nothing to fall back to.
    """
    texts = slot_texts(slot, version, extra)
    return {
        LOADER_CONF: loader_conf(),
        CONFIG_TXT: texts[CONFIG_TXT],
        f"{ENTRIES}/{entry_name(slot)}": texts[ENTRY],
        **{f"{slot}/{name}": text for name, text in texts.items()},
    }


def _slot(slot: str) -> str:
    if slot not in SLOTS:
        raise BadBootFile(f"“{slot}” is no slot: a or b")
    return slot
