"""The laptop's own disks, and whatever else isn't a card, are refused: one test for each way."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from content_packs.errors import Missing, Refused, SatchelError, UsageError
from sync_node.flashing import media, sayings
from sync_node.flashing.limits import CARD_BYTES_MAX
from sync_node.flashing.machine import Machine
from tests.support.laptops import Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop with an encrypted SSD, on LVM, as an installer sets it up."""
    found = Laptop(tmp_path / "laptop")
    ssd = found.nvme()
    for number in (1, 2):
        found.part(ssd, f"nvme0n1p{number}", f"259:{number}")
    found.virtual("dm-0", "253:0", "nvme0n1p2", dm__name="crypt")
    found.virtual("dm-1", "253:1", "dm-0", dm__name="vg-root")
    found.mount("253:1", "/", source="/dev/mapper/vg-root")
    found.mount("259:1", "/boot/efi", source="/dev/nvme0n1p1", kind="vfat")
    found.swap("/dev/dm-1")
    return found


def refused(laptop: Laptop, asked: str, why: str, kind: type[SatchelError] = Refused) -> None:
    with pytest.raises(kind) as refusal:
        media.choose(asked, laptop.machine)
    assert why in refusal.value.message, refusal.value.message
    assert refusal.value.message.startswith(f"{asked}: ")
    assert refusal.value.hint


def test_a_stick_and_a_card_may_be_written(laptop: Laptop) -> None:
    laptop.usb_stick()
    laptop.sd_card()
    stick = media.choose("/dev/sdb", laptop.machine).disk
    assert (stick.model, stick.serial, stick.bus) == ("SanDisk Ultra", "4C530001", "usb")
    card = media.choose("/dev/mmcblk0", laptop.machine).disk
    assert (card.model, card.serial) == ("SD32G", "035344534433324785c0ffee0123")
    assert card.bus == "card-slot"


def test_a_disk_is_found_by_name_and_by_id(laptop: Laptop) -> None:
    laptop.usb_stick()
    by_id = laptop.machine.dev / "disk/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-SanDisk_Ultra-0:0").symlink_to("../../sdb")
    for asked in (
        "sdb",
        "/dev/sdb",
        "usb-SanDisk_Ultra-0:0",
        "/dev/disk/by-id/usb-SanDisk_Ultra-0:0",
    ):
        chosen = media.choose(asked, laptop.machine)
        assert (chosen.disk.name, chosen.path.name) == ("sdb", "sdb")


def test_the_laptops_own_disk_is_refused_by_any_name(laptop: Laptop) -> None:
    for asked in ("/dev/nvme0n1", "nvme0n1"):
        refused(laptop, asked, "the system that runs here has / on it")
    refused(laptop, "/dev/nvme0n1p2", "is a part of the disk nvme0n1")
    refused(laptop, "/dev/dm-0", "the system that runs here has / on it")
    (laptop.machine.dev / "card").symlink_to("nvme0n1")
    refused(laptop, "/dev/card", "the system that runs here has / on it")


SYSTEMS = ["/", "/boot", "/boot/efi", "/home", "/usr", "/var"]


@pytest.mark.parametrize("place", SYSTEMS)
def test_a_system_that_runs_from_a_stick_or_a_card_is_kept(tmp_path: Path, place: str) -> None:
    """A laptop started from USB, and a Pi whose only card is its own."""
    laptop = Laptop(tmp_path / "laptop")
    stick, card = laptop.usb_stick(), laptop.sd_card()
    laptop.part(stick, "sdb1", "8:17")
    laptop.part(card, "mmcblk0p2", "179:2")
    laptop.mount("8:17", place, source="/dev/sdb1")
    laptop.mount("179:2", place, source="/dev/root")
    for asked in ("/dev/sdb", "/dev/mmcblk0"):
        refused(laptop, asked, f"the system that runs here has {place} on it")


def over_dm(laptop: Laptop) -> None:
    laptop.virtual("dm-7", "253:7", "sdb1", dm__name="secret")


def over_md(laptop: Laptop) -> None:
    laptop.virtual("md0", "9:0", "sdb1")


def over_bcache(laptop: Laptop) -> None:
    laptop.virtual("bcache0", "252:0", "sdb")


def as_swap(laptop: Laptop) -> None:
    laptop.swap("/dev/sdb1")


def swap_on_lvm(laptop: Laptop) -> None:
    laptop.virtual("dm-7", "253:7", "sdb1", dm__name="vg-swap")
    laptop.swap("/dev/mapper/vg-swap")


def mounted(laptop: Laptop) -> None:
    laptop.mount("8:17", "/media/stick", source="/dev/sdb1", kind="vfat")


def mounted_whole(laptop: Laptop) -> None:
    laptop.mount("8:16", "/media/stick", source="/dev/sdb", kind="vfat")


def mounted_with_blanks(laptop: Laptop) -> None:
    laptop.mount("8:17", r"/media/my\040stick", source="/dev/sdb1", kind="vfat")


def mounted_as_another_namespace_sees_it(laptop: Laptop) -> None:
    laptop.mount("8:17", "/media/stick", source="/dev/sdb1", seen_by="1")


def mounted_through_lvm(laptop: Laptop) -> None:
    laptop.virtual("dm-7", "253:7", "sdb1", dm__name="vg-data")
    laptop.mount("253:7", "/srv/data", source="/dev/mapper/vg-data")


def mounted_as_btrfs(laptop: Laptop) -> None:
    """Such mounts have a number that is no device's."""
    laptop.mount("0:52", "/mnt", source="/dev/sdb1", kind="btrfs")


def one_of_two_of_a_btrfs(laptop: Laptop) -> None:
    stick = laptop.usb_stick("sdc", "8:32")
    laptop.part(stick, "sdc1", "8:33")
    laptop.mount("0:52", "/mnt", source="/dev/sdc1", kind="btrfs")
    laptop.btrfs("sdb1", "sdc1")


def whole_disk_behind_a_loop(laptop: Laptop) -> None:
    laptop.virtual("loop3", "7:3", loop__backing_file="/dev/sdb")


def file_on_it_behind_a_loop(laptop: Laptop) -> None:
    """A live system: its root is a file on the stick that it was started from."""
    laptop.mount("8:17", "/run/live/medium", source="/dev/sdb1", kind="iso9660")
    laptop.virtual("loop3", "7:3", loop__backing_file="/run/live/medium/live/root.squashfs")
    laptop.mount("7:3", "/", source="/dev/loop3", kind="squashfs")


def node_made_elsewhere_behind_a_loop(laptop: Laptop) -> None:
    """By mknod: no name below /dev leads to it."""
    node = laptop.root / "made-by-hand"
    node.write_text("8:16")
    laptop.virtual("loop3", "7:3", loop__backing_file=str(node))


def disk_of_a_virtual_machine(laptop: Laptop) -> None:
    laptop.opens(4711, "qemu-system-x86", laptop.machine.dev / "sdb", flags=os.O_RDWR)


def written_by_another_program(laptop: Laptop) -> None:
    laptop.opens(4711, "dd", laptop.machine.dev / "sdb1", flags=os.O_WRONLY | os.O_SYNC)


USES: list[tuple[Callable[[Laptop], None], str]] = [
    (over_dm, "sdb1 is in use by dm-7, a part of LVM, RAID or an encrypted disk"),
    (over_md, "sdb1 is in use by md0, a RAID"),
    (over_bcache, "sdb is in use by bcache0"),
    (as_swap, "holds swap that is in use"),
    (swap_on_lvm, "holds swap that is in use"),
    (mounted, "is mounted at /media/stick"),
    (mounted_whole, "is mounted at /media/stick"),
    (mounted_with_blanks, "is mounted at /media/my stick"),
    (mounted_as_another_namespace_sees_it, "is mounted at /media/stick"),
    (mounted_through_lvm, "sdb1 is in use by dm-7"),
    (mounted_as_btrfs, "is mounted at /mnt"),
    (one_of_two_of_a_btrfs, "belongs to a btrfs that is mounted"),
    (whole_disk_behind_a_loop, "is in use as the disk loop3"),
    (node_made_elsewhere_behind_a_loop, "is in use as the disk loop3"),
    (file_on_it_behind_a_loop, "the system that runs here has / on it"),
    (disk_of_a_virtual_machine, "sdb is open for writing in qemu-system-x86 (process 4711)"),
    (written_by_another_program, "sdb1 is open for writing in dd (process 4711)"),
]


@pytest.mark.parametrize(("use", "why"), USES, ids=[use.__name__ for use, _ in USES])
def test_a_stick_that_is_in_use_is_refused(
    laptop: Laptop, use: Callable[[Laptop], None], why: str
) -> None:
    stick = laptop.usb_stick()
    laptop.part(stick, "sdb1", "8:17")
    assert media.choose("/dev/sdb", laptop.machine)
    use(laptop)
    refused(laptop, "/dev/sdb", why)


def test_what_is_mounted_is_told_with_the_command_that_unmounts_it(laptop: Laptop) -> None:
    laptop.part(laptop.usb_stick(), "sdb1", "8:17")
    mounted(laptop)
    with pytest.raises(Refused) as refusal:
        media.choose("/dev/sdb", laptop.machine)
    assert "umount '/media/stick'" in refusal.value.hint


def test_who_only_reads_or_has_something_else_open_is_in_nobodys_way(laptop: Laptop) -> None:
    """Desktops look into a stick as soon as it is there."""
    laptop.usb_stick()
    dev = laptop.machine.dev
    laptop.opens(4711, "udisksd", dev / "sdb", flags=os.O_RDONLY)
    laptop.opens(4712, "blkid", dev / "sdb", flags=os.O_RDWR | os.O_PATH)
    laptop.opens(4713, "qemu-system-x86", dev / "nvme0n1", flags=os.O_RDWR)
    laptop.opens(4714, "editor", laptop.root / "somewhere" / "sdb", flags=os.O_RDWR)
    laptop.opens(4715, "gone", dev / "sdz", flags=os.O_RDWR)
    assert media.choose("/dev/sdb", laptop.machine)


def test_where_nobody_can_say_what_is_mounted_nothing_is_written(laptop: Laptop) -> None:
    laptop.usb_stick()
    (laptop.machine.proc / "self/mountinfo").unlink()
    refused(laptop, "/dev/sdb", "nobody here can say what is mounted")


def test_a_stick_without_a_serial_number_hasnt_its_hubs(laptop: Laptop) -> None:
    """That one is the same for all that hang on it: --serial would name none of them."""
    laptop.usb_stick()
    next(laptop.root.rglob("usb1/1-2/serial")).unlink()
    assert media.choose("/dev/sdb", laptop.machine).disk.serial == ""


def test_a_laptops_card_slot_that_hangs_on_its_usb_is_a_card_slot(laptop: Laptop) -> None:
    usb = "pci0000:00/0000:00:14.0/usb1/1-6/1-6:1.0/rtsx_usb_sdmmc.3.auto"
    laptop.disk(
        "mmcblk0", "179:0", f"{usb}/mmc_host/mmc0/mmc0:aaaa",
        device__type="SD", device__name="SD32G", device__cid="0353",
    )  # fmt: skip
    disk = media.choose("/dev/mmcblk0", laptop.machine).disk
    assert (disk.bus, disk.serial) == ("card-slot", "0353")


NO_CARDS = {
    "a USB disk that somebody keeps a backup on": (
        lambda laptop: laptop.usb_stick(removable="0"), "isn't removable",
    ),
    "a CD drive on USB": (lambda laptop: laptop.usb_stick(device__type="5"), "a CD drive"),
    "an eMMC": (lambda laptop: laptop.sd_card("sdb", "8:16", device__type="MMC"), "built into"),
    "an eMMC that doesn't say so": (
        lambda laptop: laptop.sd_card("sdb", "8:16", device__type=""), "built into",
    ),
    "a SATA disk, even one that calls itself removable": (
        lambda laptop: laptop.disk(
            "sdb", "8:16", "pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0",
            removable="1", device__type="0",
        ), "SATA",
    ),
    "a virtual machine's disk": (
        lambda laptop: laptop.disk("sdb", "8:16", "pci0000:00/0000:00:05.0/virtio2"),
        "virtual machine",
    ),
    "a disk on another machine, iSCSI": (
        lambda laptop: laptop.disk(
            "sdb", "8:16", "platform/host9/session1/target9:0:0/9:0:0:1", removable="1",
            device__type="0",
        ), "on another machine (iSCSI)",
    ),
    "a disk on another machine, Fibre Channel": (
        lambda laptop: laptop.disk(
            "sdb", "8:16", "pci0000:00/host4/rport-4:0-0/target4:0:0/4:0:0:1", removable="1"
        ), "Fibre Channel",
    ),
    "another machine's stick, by USB over the network": (
        lambda laptop: laptop.disk(
            "sdb", "8:16", "platform/vhci_hcd.0/usb5/5-1/5-1:1.0/host8/target8:0:0/8:0:0:0",
            removable="1", device__type="0",
        ), "is no card",
    ),
    "a file of this machine, as a stick": (
        lambda laptop: laptop.disk(
            "sdb", "8:16", "platform/dummy_hcd.0/usb5/5-1/5-1:1.0/host8/target8:0:0/8:0:0:0",
            removable="1", device__type="0",
        ), "is no card",
    ),
    "something nobody has heard of": (
        lambda laptop: laptop.disk("sdb", "8:16", "pci0000:00/firewire0/fw1.0", removable="1"),
        "neither on USB nor in a card slot",
    ),
    "memory for swap": (lambda laptop: laptop.virtual("sdb", "8:16"), "is no card"),
    "a reader without a card": (lambda laptop: laptop.usb_stick(size=0), "no card in it"),
    "a disk too large for a card": (
        lambda laptop: laptop.usb_stick(size=CARD_BYTES_MAX + 512), "more than any card",
    ),
    "a card whose lock is on": (lambda laptop: laptop.usb_stick(ro="1"), "read-only"),
    "a disk of large sectors": (
        lambda laptop: laptop.usb_stick(queue__logical_block_size="4096"), "sectors of 4096",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_CARDS)
def test_what_is_no_card_is_refused(tmp_path: Path, what: str) -> None:
    laptop = Laptop(tmp_path / "laptop")
    arrange, why = NO_CARDS[what]
    arrange(laptop)  # type: ignore[no-untyped-call]
    refused(laptop, "/dev/sdb", why)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("loop0", "a file that is used as a disk"),
        ("dm-0", "LVM"),
        ("md127", "a RAID"),
        ("zram0", "memory"),
        ("nbd0", "another machine"),
        ("drbd0", "another machine"),
        ("ram0", "memory"),
    ],
)
def test_what_the_kernel_made_itself_is_refused(tmp_path: Path, name: str, what: str) -> None:
    laptop = Laptop(tmp_path / "laptop")
    laptop.virtual(name, "300:0")
    refused(laptop, f"/dev/{name}", what)
    assert laptop.machine.disks() == []


def test_what_is_no_disk_is_a_mistake_of_the_command(laptop: Laptop) -> None:
    (laptop.machine.dev / "null").write_text("")
    (laptop.machine.dev / "disk").mkdir()
    for asked in ("/dev/null", "/dev/disk"):
        refused(laptop, asked, "is no disk", UsageError)
    refused(laptop, "/dev/sdz", "there is no such disk", Missing)
    (laptop.machine.dev / "gone").write_text("8:240")
    refused(laptop, "/dev/gone", "the kernel knows no disk 8:240")


CHANGES: dict[str, Callable[[Laptop, Path], object]] = {
    "another card was put in": lambda _, home: (home / "diskseq").write_text("99"),
    "a card of another size": lambda _, home: (home / "size").write_text("4096"),
    "it was mounted meanwhile": lambda laptop, _: mounted_whole(laptop),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_card_that_changes_after_it_was_chosen_is_refused(laptop: Laptop, change: str) -> None:
    home = laptop.usb_stick()
    chosen = media.choose("/dev/sdb", laptop.machine)
    media.same(chosen, laptop.machine)
    CHANGES[change](laptop, home)
    with pytest.raises(Refused):
        media.same(chosen, laptop.machine)


def test_a_link_that_is_turned_to_another_disk_after_it_was_chosen_is_refused(
    laptop: Laptop,
) -> None:
    laptop.usb_stick()
    laptop.usb_stick("sdc", "8:32")
    link = laptop.machine.dev / "card"
    link.symlink_to("sdb")
    chosen = media.choose("/dev/card", laptop.machine)
    link.unlink()
    link.symlink_to("sdc")
    with pytest.raises(Refused, match="another card than a moment ago"):
        media.same(chosen, laptop.machine)
    link.unlink()
    link.symlink_to("nvme0n1")
    with pytest.raises(Refused, match="the system that runs here"):
        media.same(chosen, laptop.machine)


def test_the_list_says_which_may_be_written_and_why_not(laptop: Laptop) -> None:
    laptop.usb_stick(size=31_914_983_424)
    lines = list(sayings.disk_lines(laptop.machine))
    assert lines[0] == ("/dev/sdb  31.9 GB, SanDisk Ultra, serial 4C530001, on USB: may be written")
    assert lines[1].startswith("/dev/nvme0n1 ")
    assert lines[1].endswith("no: the system that runs here has / on it")
    assert len(lines) == 2, "what the kernel made itself is nobody's card"
    assert sayings.disks_json(laptop.machine)[1]["refusals"] == []
    (laptop.machine.sys / "class/block/sdb").unlink()
    assert "There is no card" in list(sayings.disk_lines(laptop.machine))[-1]


@pytest.mark.skipif(not os.path.isdir("/sys/class/block"), reason="no sysfs here")  # noqa: PTH112
def test_of_this_very_machine_nothing_that_is_in_use_may_be_written() -> None:
    machine = Machine()
    for mount in machine.mounts():
        for name in machine.devices_of(mount):
            if not machine.is_partition(name):
                disk = machine.disk(name)
                assert list(media.refusals(disk, machine)), f"{name} holds {mount.place}"
