"""The modules of an initramfs: all that are needed, in an order that loads, or the build stops."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Missing, UsageError
from deploy.image.initramfs import modules

DEP = """\
kernel/fs/squashfs/squashfs.ko:
kernel/drivers/usb/host/xhci-pci.ko: kernel/drivers/usb/host/xhci-hcd.ko kernel/drivers/usb/core.ko
kernel/drivers/usb/host/xhci-hcd.ko: kernel/drivers/usb/core.ko
kernel/drivers/usb/core.ko:
"""
WITHIN = "kernel/drivers/mmc/core/mmc_block.ko\n"


def the(dep: str = DEP, within: str = WITHIN) -> modules.Modules:
    return modules.Modules(modules.parse_needs(dep), modules.parse_within(within))


def test_each_module_comes_after_what_it_needs() -> None:
    found = the().resolve(["xhci_pci", "squashfs"])
    assert [Path(place).stem for place in found] == ["squashfs", "core", "xhci-hcd", "xhci-pci"]


def test_what_is_in_the_kernel_needs_no_file() -> None:
    assert the().resolve(["mmc-block"]) == []


def test_a_module_that_is_nowhere_stops_the_build_and_is_named() -> None:
    with pytest.raises(Missing, match="no module overlay, uas") as found:
        the().resolve(["squashfs", "overlay", "uas"])
    assert "modules.py" in found.value.hint


def test_a_circle_is_told() -> None:
    with pytest.raises(UsageError, match="never ends"):
        the("a.ko: b.ko\nb.ko: a.ko\n").resolve(["a"])


@pytest.mark.parametrize("line", ["no colon", "/etc/passwd: a.ko", "a.ko: ../../etc/x.ko"])
def test_a_list_that_leads_out_or_says_nothing_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match=r"modules.dep, line 1"):
        modules.parse_needs(line)


def test_without_depmod_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Missing) as found:
        modules.read(tmp_path)
    assert "depmod" in found.value.hint


@given(st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 9))), max_size=10))
def test_whoever_needs_whom_nothing_comes_before_its_needs(
    needs: list[tuple[int, set[int]]],
) -> None:
    # Each needs only such with smaller numbers: no circles.
    wanted = {n: {each for each in some if each < n} for n, some in needs}
    for some in list(wanted.values()):
        for each in some:
            wanted.setdefault(each, set())
    dep = "".join(
        f"m{n}.ko: {' '.join(f'm{each}.ko' for each in sorted(some))}\n"
        for n, some in wanted.items()
    )
    order = the(dep).resolve([f"m{n}" for n in wanted])
    for n, some in wanted.items():
        for each in some:
            assert order.index(f"m{each}.ko") < order.index(f"m{n}.ko")
