"""A system update on a card, from the request to the slot that is good, and back where it isn't."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from content_packs import systems
from deploy.image import boot_files
from deploy.node.update import asking, memory
from deploy.node.update.asking import Request
from deploy.node.update.faults import Failed, Invalid, Missing, Refused, Untrusted, UpdateError
from deploy.node.update.trust import Wanted
from tests.support.systems import (
    ARCH,
    PACK,
    Box,
    District,
    pi_slot,
    squashfs_like,
    system_contents,
    trust_as_a_node,
)


@pytest.fixture(params=[True, False], ids=["uefi", "pi"])
def district(tmp_path: Path, request: pytest.FixtureRequest) -> District:
    """A district whose box runs system 1 in slot a, and has fetched system 2."""
    return District.build(tmp_path, uefi=request.param)


@pytest.fixture
def with_pi(tmp_path: Path) -> District:
    return District.build(tmp_path, uefi=False)


def write_and_start(box: Box, wanted: Wanted) -> None:
    with box.on():
        box.updater().begin()
        box.updater().take(Request("write", wanted))
        box.updater().take(Request("start", wanted))


def test_a_system_is_written_tried_and_good(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    write_and_start(box, wanted)
    assert box.reboots == 1
    with box.on():
        assert (box.slot, box.version) == ("b", 2)
        updater = box.updater()
        updater.begin()
        assert updater.is_trial
        assert (box.said()["doing"], box.said()["version"]) == ("trying", 2)
        assert updater.try_out(lambda: True)
        assert box.said()["doing"] == "idle"
    for _ in range(5):  # it stays, however often the box is started
        with box.on():
            assert (box.slot, box.version) == ("b", 2)
            assert not box.updater().is_trial


def test_every_byte_of_it_is_where_it_belongs(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    with box.on():
        box.updater().take(Request("write", wanted))
        folder = box.card.mounted / "b"
        files = {each.path: each.content for each in system_contents(2)}
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert found == {
            "vmlinuz": files["boot/vmlinuz"],
            "initrd.img": files["boot/initrd.img"],
            "bcm2711-rpi-4-b.dtb": files["boot/bcm2711-rpi-4-b.dtb"],
            "release.toml": files["release.toml"],
            **{name: text.encode() for name, text in boot_files.slot_texts("b", 2).items()},
        }
    whole = squashfs_like(2)
    assert box.card.read_slot("b", len(whole)) == whole
    assert box.said()["ready"] == 2


def test_the_next_one_goes_into_the_slot_before(district: District) -> None:
    box = district.box
    for version, slot in ((2, "b"), (3, "a"), (4, "b")):
        write_and_start(box, district.bring(version))
        with box.on():
            updater = box.updater()
            updater.begin()
            assert (box.slot, updater.try_out(lambda: True)) == (slot, True)
    with box.on():
        assert box.version == 4


def test_one_that_does_not_serve_goes_back_and_is_not_tried_again(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    write_and_start(box, wanted)
    with box.on():
        updater = box.updater()
        updater.begin()
        assert not updater.try_out(lambda: False)
        assert box.reboots == 1
    with box.on():
        assert (box.slot, box.version) == ("a", 1)
        box.updater().begin()
        assert box.said()["failed"] == [[2, "it started, and the site didn't serve"]]
        with pytest.raises(Refused, match="tried before"):
            box.updater().take(Request("write", wanted))
        with pytest.raises(Refused, match="isn't ready"):
            box.updater().take(Request("start", wanted))
    write_and_start(box, district.bring(3))  # a newer one is
    with box.on():
        assert box.version == 3


def test_one_that_never_comes_so_far_falls_back_by_the_loader(tmp_path: Path) -> None:
    district = District.build(tmp_path)
    box, wanted = district.box, district.bring(2)
    write_and_start(box, wanted)
    slots = []
    for _ in range(4):  # nothing of the system runs: no `begin`
        with box.on():
            slots.append(box.slot)
    assert slots == ["b", "b", "b", "a"]
    with box.on():
        box.updater().begin()
        assert box.said()["failed"] == [[2, "3 starts, and it never served"]]
        assert not list((box.card.mounted / "loader/entries").glob("satchel-b*"))
        assert box.updater()._memory.has_failed(2)


def test_a_pi_comes_back_at_once_and_tries_three_times(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    for attempt in range(3):
        with box.on():
            assert box.slot == "a"
            box.updater().begin()
            assert box.said()["failed"] == []
            if not attempt:
                box.updater().take(Request("write", wanted))
            box.updater().take(Request("start", wanted))
        with box.on():  # it is started, and hangs: somebody pulls the plug
            assert box.slot == "b"
    with box.on():
        box.updater().begin()
        assert box.slot == "a"
        assert box.said()["failed"] == [[2, "3 starts, and it never served"]]


def test_a_pi_that_is_told_to_try_goes_back_by_what_lies_on_its_card(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        box.updater().take(Request("write", wanted))
        before = (box.card.mounted / "config.txt").read_bytes()
        box.updater().take(Request("start", wanted))
        assert (box.card.mounted / "satchel/go-back.txt").read_bytes() == before
        assert pi_slot(box.card.mounted) == "b"
        # The power goes before it is tried, or nobody starts it: it is put aside.
        box.updater()._booting.disarm("b")
        assert (box.card.mounted / "config.txt").read_bytes() == before
        assert not (box.card.mounted / "satchel/go-back.txt").exists()


def test_a_pis_config_of_another_length_is_not_tried(with_pi: District) -> None:
    """It couldn't be put back within one sector."""
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        box.updater().take(Request("write", wanted))
        config = box.card.mounted / "config.txt"
        config.write_bytes(config.read_bytes() + b"# by hand\n")
        with pytest.raises(Failed, match="within one sector"):
            box.updater().take(Request("start", wanted))
        assert box.said()["trouble"]["code"] == "storage-failed"  # type: ignore[index]
        assert pi_slot(box.card.mounted) == "a"


def test_only_what_the_channel_system_offers_is_written(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    with box.on():
        for other, error in [
            (wanted._replace(version=3), Refused),
            (wanted._replace(pack="grade4-maths"), Refused),
            (wanted._replace(manifest="0" * 64), Refused),
            (wanted._replace(version=1), Refused),
        ]:
            with pytest.raises(error):
                box.updater().take(Request("write", other))
    assert box.said()["trouble"] == {
        "code": "refused", "text": "version 1 isn't newer than 1, which runs"
    }  # fmt: skip


def test_the_key_of_another_channel_brings_nothing(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    district.repository.sign(**{f"c-{systems.CHANNEL}": "c-main"})
    trust_as_a_node(district.repository, box.data)
    with box.on(), pytest.raises(Untrusted, match="signed by 0 of the keys of c-system"):
        box.updater().take(Request("write", wanted))


@pytest.mark.parametrize("what", ["squashfs", "boot/vmlinuz", "manifest", "gone"])
def test_bytes_that_are_not_those_signed_are_never_started(with_pi: District, what: str) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    contents = {each.path: each.content for each in system_contents(2)}
    name = systems.SQUASHFS if what in {"squashfs", "gone"} else "boot/vmlinuz"
    data = contents[name]
    assert isinstance(data, bytes)
    digest = hashlib.sha256(data).hexdigest()
    path = box.data / "store" / digest[:2] / digest
    if what == "manifest":
        path = box.data / "manifests" / f"{wanted.manifest}.json"
        data = path.read_bytes()
    path.unlink()
    if what != "gone":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with box.on():
        with pytest.raises((Invalid, Missing)):
            box.updater().take(Request("write", wanted))
        assert memory.load(box.card.mounted).ready is None
        with pytest.raises(Refused, match="isn't ready"):
            box.updater().take(Request("start", wanted))
    with box.on():
        assert (box.slot, box.version) == ("a", 1)


def test_links_in_the_nodes_folder_are_not_followed(with_pi: District, tmp_path: Path) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    secret = tmp_path / "secret"
    secret.write_bytes(squashfs_like(2))
    digest = hashlib.sha256(squashfs_like(2)).hexdigest()
    path = box.data / "store" / digest[:2] / digest
    path.unlink()
    path.symlink_to(secret)
    with box.on(), pytest.raises(Invalid, match="can't be opened"):
        box.updater().take(Request("write", wanted))


def test_a_system_for_another_machine_is_refused(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        updater = box.updater()
        updater._running = updater._running._replace(arch="riscv64")
        with pytest.raises(Refused, match=f"is for {ARCH}, this box is riscv64"):
            updater.take(Request("write", wanted))


def test_one_that_does_not_fit_changes_nothing(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        updater = box.updater()
        small = updater._card.slots["b"]._replace(size=100_000)
        updater._card = updater._card._replace(slots={**updater._card.slots, "b": small})
        with pytest.raises(Refused, match="the slot b has room for 100000"):
            updater.take(Request("write", wanted))
        assert not (box.card.mounted / "b").exists()


def test_a_card_that_forgets_what_is_written_is_told_of(with_pi: District) -> None:
    """A slot on /dev/full can't be written; one on /dev/null gives nothing back."""
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        updater = box.updater()
        for device in ("/dev/full", "/dev/null"):
            region = updater._card.slots["b"]._replace(path=Path(device), start=0)
            updater._card = updater._card._replace(slots={**updater._card.slots, "b": region})
            with pytest.raises((Failed, UpdateError)):
                updater.take(Request("write", wanted))
            assert memory.load(box.card.mounted).ready is None


def test_written_twice_is_written_once(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    with box.on():
        box.updater().take(Request("write", wanted))
        box.card.write_slot("b", b"somebody else's")  # would be written over
        box.updater().take(Request("write", wanted))
        assert box.card.read_slot("b", 15) == b"somebody else's"


def test_a_root_that_was_believed_is_not_left_again(with_pi: District) -> None:
    """Once a newer root is pinned, metadata by revoked keys is of no use to anybody."""
    box, repository = with_pi.box, with_pi.repository
    write_and_start(box, with_pi.bring(2))
    with box.on():
        box.updater().try_out(lambda: True)
    repository.rotate("root")
    wanted = with_pi.bring(3)
    with box.on():
        box.updater().take(Request("write", wanted))
        pinned = (box.card.mounted / "satchel/root.json").read_bytes()
        assert pinned == repository.roots[-1]
    repository.rotate("targets")  # the old targets key is revoked
    wanted = with_pi.bring(4)
    repository.sign(targets="root")
    trust_as_a_node(repository, box.data)
    with box.on(), pytest.raises(Untrusted, match="signed by 0 of the keys of targets"):
        box.updater().take(Request("write", wanted))


def test_metadata_older_than_what_a_system_came_by_is_refused(with_pi: District) -> None:
    box = with_pi.box
    wanted = with_pi.bring(2)
    kept = {path.name: path.read_bytes() for path in (box.data / "trust").iterdir()}
    newer = with_pi.bring(3)
    with box.on():
        box.updater().take(Request("write", newer))
        for name, data in kept.items():
            (box.data / "trust" / name).write_bytes(data)
        with pytest.raises(Refused, match="are older than"):
            box.updater().take(Request("write", wanted))


def test_a_new_system_that_finds_no_data_is_come_back_from(district: District) -> None:
    box, wanted = district.box, district.bring(2)
    write_and_start(box, wanted)
    with box.on():
        box.data.rename(box.data.with_name("not mounted"))
        asking.end(box.data / "run")
        updater = box.updater()
        updater.begin()
        assert not updater.try_out(lambda: False)
        box.data.with_name("not mounted").rename(box.data)
    with box.on():
        assert (box.slot, box.version) == ("a", 1)


def test_a_box_without_a_pinned_root_takes_the_seeds(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    with box.on():
        folder = box.card.mounted / "satchel"
        (folder / "root.json").unlink()
        with pytest.raises(Missing, match="has no root to trust"):
            box.updater().take(Request("write", wanted))
        seed = {"root": base64.b64encode(with_pi.repository.first_root).decode()}
        payload = base64.b64encode(json.dumps(seed).encode()).decode()
        (folder / "seed.json").write_text(json.dumps({"payload": payload}))
        box.updater().take(Request("write", wanted))
        assert (folder / "root.json").read_bytes() == with_pi.repository.first_root


def test_what_was_asked_before_the_power_went_is_no_request(with_pi: District) -> None:
    box, wanted = with_pi.box, with_pi.bring(2)
    run = box.data / "run"
    request = (
        f'{{"format":1,"boot":"start-7","do":"write","pack":"{PACK}","version":2,'
        f'"manifest":"{wanted.manifest}"}}'
    )
    (run / asking.ASKED).write_text(request)
    assert asking.take(run, "start-8") is None
    (run / asking.ASKED).write_text(request)
    assert asking.take(run, "start-7") == Request("write", wanted)
    assert not (run / asking.ASKED).exists()
    assert (run / asking.TAKEN).exists()
    asking.end(run)
    assert asking.take(run, "start-7") is None
