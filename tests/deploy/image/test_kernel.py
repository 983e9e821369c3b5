"""Which of the kernel's modules a box has: none that lacks another, all that it needs."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.image import kernel
from deploy.image.contents import (
    MODULES_LEFT_OUT,
    MODULES_NEEDED,
    MODULES_NEEDED_BY_ARCHITECTURE,
)

DEP = """kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko kernel/lib/crc16.ko
kernel/fs/jbd2/jbd2.ko:
kernel/lib/crc16.ko:
kernel/sound/soundcore.ko:
kernel/drivers/usb/gadget/usb_f_uac1.ko: kernel/sound/core/snd.ko kernel/sound/soundcore.ko
kernel/sound/core/snd.ko: kernel/sound/soundcore.ko
kernel/soundless/other.ko:
"""

paths = st.from_regex(r"kernel/(fs|net|sound)/[a-c]{1,2}\.ko", fullmatch=True)


def with_all_that_they_need(tree: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """As depmod writes it: a module's line names everything below it, not only the next."""
    whole = {}
    for path, next_ones in tree.items():
        found: set[str] = set()
        ahead = list(next_ones)
        while ahead:
            need = ahead.pop()
            if need not in found:
                found.add(need)
                ahead += tree.get(need, ())
        whole[path] = tuple(sorted(found))
    return whole


trees = st.dictionaries(paths, st.lists(paths, max_size=3), max_size=12).map(
    with_all_that_they_need
)


def test_what_needs_a_module_that_is_left_out_is_left_out_with_it() -> None:
    needs = kernel.dependencies(DEP)
    assert needs["kernel/fs/jbd2/jbd2.ko"] == ()
    assert kernel.left_out(needs, ["sound"]) == {
        "kernel/sound/soundcore.ko",
        "kernel/sound/core/snd.ko",
        "kernel/drivers/usb/gadget/usb_f_uac1.ko",
    }
    assert kernel.left_out(needs, []) == set()


@given(trees)
def test_no_module_stays_whose_needs_are_gone(tree: dict[str, tuple[str, ...]]) -> None:
    gone = kernel.left_out(tree, ["sound"])
    for path in tree.keys() - gone:
        assert not path.startswith("kernel/sound/")
        assert not any(need in gone for need in tree[path])


def test_a_needed_module_may_be_built_in_and_is_missed_otherwise() -> None:
    kept = ["kernel/drivers/usb/storage/usb-storage.ko"]
    built_in = "kernel/fs/nls/nls_utf8.ko\nkernel/drivers/pcie-brcmstb.ko\n"
    wanted = ["usb_storage", "nls_utf8", "pcie_brcmstb", "exfat"]
    assert kernel.missing_modules(kept, built_in, wanted) == ["exfat"]


def test_only_the_boards_that_have_cards_of_ours_get_their_device_trees(tmp_path: Path) -> None:
    names = ["broadcom/bcm2711-rpi-4-b.dtb", "broadcom/bcm2837-rpi-3-b.dtb"]
    for name in [*names, "broadcom/bcm4908-asus.dtb", "qcom/bcm2711-rpi-9.txt", "qcom/phone.dtb"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert kernel.device_trees(tmp_path) == [tmp_path / name for name in names]


def test_the_lists_say_each_thing_once() -> None:
    for architecture, own in MODULES_NEEDED_BY_ARCHITECTURE.items():
        needed = [*MODULES_NEEDED, *own]
        assert len(needed) == len(set(needed)), architecture
    assert list(MODULES_LEFT_OUT) == sorted(set(MODULES_LEFT_OUT))
