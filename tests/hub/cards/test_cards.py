"""Seeds are made for schools, cards are written elsewhere, and their receipts come back, once."""

import os
import stat
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from content_packs import card_receipts, card_seeds, enrolment_codes
from content_packs.card_receipts import CardReceipt
from content_packs.card_seeds import open_seed
from content_packs.digests import digest_of
from content_packs.errors import Missing, Refused, UsageError
from content_packs.limits import KEY_FILE_BYTES_MAX, WIFI_NAME_BYTES_MAX
from hub.cards import folder, listing, receiving, seeding, sheet
from hub.cards.seeding import MadeSeed, Wanted
from hub.channels import add_channel
from hub.fleet import audit, claims, deeds, nodes, schools
from hub.fleet.audit import Refusals
from hub.fleet.tables import CodeRow
from hub.hub import Hub, open_hub
from hub.people.actor import Actor, of_this_machine
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import Box, a_school, randomness
from tests.support.cards import a_receipt

KEEPER = of_this_machine()
WANTED = Wanted(hubs=("http://hub.example/",))
AUDITOR = Actor("ada", "auditor", "console")
OPERATOR = Actor("op", "operator", "console", townships=frozenset({"north"}))


def seeds_of(hub: Hub, *names: str, wanted: Wanted = WANTED) -> list[MadeSeed]:
    for name in names:
        a_school(hub, name)
    return seeding.make(hub, KEEPER, names, wanted, randomness=randomness)


def receipt_of(made: MadeSeed, **changes: object) -> CardReceipt:
    seed = made.seed
    receipt = a_receipt(card=seed.card, school=seed.school, node=seed.node, seed=made.digest)
    return msgspec.structs.replace(receipt, **changes)


def lines_of(*receipts: CardReceipt) -> bytes:
    return b"".join(map(card_receipts.line_of, receipts))


def asks(hub: Hub, made: MadeSeed) -> Box:
    """Return a box that claimed with the code of its seed."""
    box = Box()
    claims.take(hub, box.claim(made.seed.code), origin="stick", refusals=Refusals(lambda: 0.0))
    return box


def state_of(hub: Hub, school: str) -> str:
    return listing.find(hub, KEEPER, school=school).items[0].state


@pytest.mark.both_databases
def test_a_box_reads_a_seed_and_becomes_a_node_of_that_school_by_it(hub: Hub) -> None:
    one, two = seeds_of(hub, "qamdo", "dongba")
    found = open_seed(one.document)
    assert (found.seed, found.digest) == (one.seed, one.digest)
    assert found.root_digest == digest_of((hub.data.metadata / "1.root.json").read_bytes())
    assert found.seed.school_title == "Qamdo No. 7"
    assert two.seed.card == one.seed.card + 1
    assert len({one.seed.code, two.seed.code}) == 2
    assert len({s.seed.technician_code for s in (one, two)} | {one.seed.teacher_code}) == 3
    asks(hub, two)
    (card, other) = listing.find(hub, KEEPER).items
    assert (card.school, card.state, card.box) == ("dongba", "used", "dongba-1")
    assert (other.school, other.state, other.box) == ("qamdo", "made", "")


@pytest.mark.hub_db
def test_nothing_secret_of_a_seed_stays_at_the_hub(hub: Hub) -> None:
    wanted = Wanted(hubs=WANTED.hubs, wifi_passphrase="ten mules")
    (made,) = seeds_of(hub, "qamdo", wanted=wanted)
    seed = made.seed
    kept = b"".join(path.read_bytes() for path in hub.data.root.rglob("*") if path.is_file())
    for secret in (seed.code, seed.technician_code, seed.teacher_code, "ten mules"):
        assert secret.encode() not in kept
    assert made.digest.encode() in kept


def test_who_made_which_stands_in_the_audit_log_and_no_code_does(hub: Hub) -> None:
    (made,) = seeds_of(hub, "qamdo")
    (line,) = audit.entries(hub, event="seeds-made", most=9)
    assert line.actor == KEEPER.login
    assert f"{made.seed.card} of qamdo" in line.reason
    assert made.seed.code not in line.reason


def test_the_usual_channels_are_main_and_that_of_systems(hub: Hub) -> None:
    assert seeds_of(hub, "qamdo")[0].seed.channels == ("main",)
    add_channel(hub, "system")
    add_channel(hub, "county-primary")
    assert seeds_of(hub, "qamdo")[0].seed.channels == ("main", "system")
    named = Wanted(hubs=WANTED.hubs, channels=("county-primary",))
    assert seeds_of(hub, "qamdo", wanted=named)[0].seed.channels == ("county-primary",)
    with pytest.raises(Missing, match="no channel"):
        seeds_of(hub, "qamdo", wanted=Wanted(hubs=WANTED.hubs, channels=("mian",)))


def test_a_hub_that_does_not_know_its_address_says_how_to_name_it(hub: Hub) -> None:
    with pytest.raises(UsageError) as refusal:
        seeds_of(hub, "qamdo", wanted=Wanted())
    assert "public_address" in refusal.value.hint
    assert "--hub" in refusal.value.hint


def test_the_address_in_the_configuration_is_taken(hub: Hub, clock: MovableClock) -> None:
    text = hub.data.config.read_text(encoding="utf-8")
    hub.data.config.write_text(f'{text}\npublic_address = "https://hub.example"\n')
    (made,) = seeds_of(open_hub(hub.data.root, clock), "qamdo", wanted=Wanted())
    assert [one.address for one in made.seed.hubs] == ["https://hub.example"]


@pytest.mark.parametrize(
    ("said", "name"),
    [("Satchel", "Satchel"), ("{title} Satchel", "昌都第七小学 Satchel"), ("{school}", "qamdo"),
     ("{title}" * 9, "昌都第七小学昌都第七")],
)  # fmt: skip
def test_the_wifi_is_called_after_the_school(hub: Hub, said: str, name: str) -> None:
    schools.add(hub, "qamdo", district="east", title="昌都第七小学")
    wanted = Wanted(hubs=WANTED.hubs, wifi_name=said)
    (made,) = seeding.make(hub, KEEPER, ["qamdo"], wanted, randomness=randomness)
    assert made.seed.wifi.name == name
    assert len(name.encode()) <= WIFI_NAME_BYTES_MAX


def test_each_school_can_have_a_passphrase_of_its_own(hub: Hub) -> None:
    wanted = Wanted(hubs=WANTED.hubs, new_passphrases=True)
    passphrases = {one.seed.wifi.passphrase for one in seeds_of(hub, "a1", "b1", wanted=wanted)}
    assert len(passphrases) == 2
    assert all(len(one) == 12 for one in passphrases)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(hubs=WANTED.hubs, wifi_name=""),
        Wanted(hubs=WANTED.hubs, wifi_name="{title}\u3000Satchel"),
        Wanted(hubs=WANTED.hubs, wifi_passphrase="short"),
        Wanted(hubs=WANTED.hubs, country="China"),
        Wanted(hubs=WANTED.hubs, days=0),
        Wanted(hubs=WANTED.hubs, time_zone="not a zone!"),
        Wanted(hubs=WANTED.hubs, time_zone="Asia/Nowhere"),
        Wanted(hubs=("https://hub.example:99999/",)),
        Wanted(hubs=("https://user:secret@hub.example/",)),
        Wanted(
            hubs=("https://hub.example/",),
            authority="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
        Wanted(hubs=("ftp://hub.example/",)),
        Wanted(hubs=("https://hub.example/",), authority="sha256:12"),
        Wanted(hubs=WANTED.hubs, new_passphrases=True, wifi_passphrase="ten mules"),
    ],
)
def test_what_no_card_could_have_is_refused_and_leaves_nothing(hub: Hub, wanted: Wanted) -> None:
    with pytest.raises(UsageError):
        seeds_of(hub, "qamdo", wanted=wanted)
    assert listing.find(hub, KEEPER).items == ()
    with hub.database.transaction():
        assert CodeRow.select().count() == 0


def test_a_seed_for_another_schools_node_is_refused(hub: Hub) -> None:
    (made,) = seeds_of(hub, "qamdo")
    asks(hub, made)
    replacing = Wanted(hubs=WANTED.hubs, node="qamdo-1")
    with pytest.raises(Refused, match="is a node of the school qamdo"):
        seeds_of(hub, "dongba", wanted=replacing)
    (new,) = seeds_of(hub, "qamdo", wanted=replacing)
    assert new.seed.node == "qamdo-1"
    box = asks(hub, new)
    nodes.confirm(hub, "qamdo-1", fingerprint=enrolment_codes.fingerprint(box.keyid))
    assert {card.box for card in listing.find(hub, KEEPER).items} == {"qamdo-1"}


def test_who_may_only_look_makes_none_and_takes_none_in(hub: Hub) -> None:
    (made,) = seeds_of(hub, "qamdo")
    with pytest.raises(Refused):
        seeding.make(hub, AUDITOR, ["qamdo"], WANTED, randomness=randomness)
    with pytest.raises(Refused):
        receiving.take(hub, AUDITOR, lines_of(receipt_of(made)))
    assert len(listing.find(hub, AUDITOR).items) == 1


def test_an_operator_sees_and_makes_those_of_their_townships_alone(hub: Hub) -> None:
    (made,) = seeds_of(hub, "qamdo")
    with pytest.raises(Missing):
        seeding.make(hub, OPERATOR, ["qamdo"], WANTED, randomness=randomness)
    with pytest.raises(Missing):
        listing.find(hub, OPERATOR, school="qamdo")
    assert listing.find(hub, OPERATOR).items == ()
    done = receiving.take(hub, OPERATOR, lines_of(receipt_of(made)))
    assert (done.new, len(done.refused)) == (0, 1)
    schools.describe(hub, KEEPER, "qamdo", facts=schools.Facts(township="north"))
    assert len(listing.find(hub, OPERATOR, school="qamdo").items) == 1


@pytest.mark.both_databases
def test_receipts_are_taken_in_once_however_often_they_come(hub: Hub) -> None:
    one, two = seeds_of(hub, "qamdo", "dongba")
    failed = receipt_of(one, result="failed", trouble="the card is worn")
    data = lines_of(failed, receipt_of(two))
    assert receiving.take(hub, KEEPER, data).new == 2
    again = receiving.take(hub, KEEPER, data + lines_of(receipt_of(one, seconds=300)))
    assert (again.new, again.known, again.refused) == (1, 2, ())
    assert len(audit.entries(hub, event="card-receipts-taken", most=9)) == 2
    third = receiving.take(hub, KEEPER, data)
    assert (third.new, third.known) == (0, 2)
    (card,) = listing.find(hub, KEEPER, school="dongba").items
    (shown,) = card.receipts
    assert (shown.system, shown.device_size) == (3, 31_914_983_424)
    assert [(pack.pack, pack.version) for pack in shown.packs] == [("grade4-maths", 2)]


def test_the_newest_receipt_says_how_a_card_stands(hub: Hub, clock: MovableClock) -> None:
    (made,) = seeds_of(hub, "qamdo")
    assert state_of(hub, "qamdo") == "made"
    at = made.seed.made_at
    failed = receipt_of(made, at=at, result="failed", trouble="the card is worn")
    receiving.take(hub, KEEPER, lines_of(failed))
    assert state_of(hub, "qamdo") == "failed"
    receiving.take(hub, KEEPER, lines_of(receipt_of(made, at=at + timedelta(minutes=9))))
    assert state_of(hub, "qamdo") == "written"
    clock.go_on(days=91)
    assert state_of(hub, "qamdo") == "expired"


def test_cancelled_codes_show_with_their_cards(hub: Hub) -> None:
    seeds_of(hub, "qamdo")
    deeds.cancel_codes(hub, KEEPER, "qamdo")
    assert state_of(hub, "qamdo") == "cancelled"


@pytest.mark.parametrize(
    "changes", [{"card": 99}, {"school": "dongba"}, {"node": "qamdo-1"}, {"seed": "ab" * 32}]
)
def test_a_receipt_of_a_card_that_the_hub_knows_otherwise_is_left_out(
    hub: Hub, changes: dict[str, object]
) -> None:
    (made,) = seeds_of(hub, "qamdo")
    done = receiving.take(hub, KEEPER, lines_of(receipt_of(made), receipt_of(made, **changes)))
    assert done.new == 1
    (refused,) = done.refused
    assert refused.startswith("line 2: ")


def test_a_file_with_one_bad_line_is_refused_whole(hub: Hub) -> None:
    (made,) = seeds_of(hub, "qamdo")
    with pytest.raises(UsageError, match="line 2") as refusal:
        receiving.take(hub, KEEPER, lines_of(receipt_of(made)) + b"{}\n")
    assert "Nothing of it was taken" in refusal.value.hint
    assert listing.find(hub, KEEPER).items[0].receipts == ()


def test_the_list_goes_on_behind_its_page(hub: Hub) -> None:
    seeds_of(hub, *(f"s{number}" for number in range(5)))
    first = listing.find(hub, KEEPER, limit=3)
    second = listing.find(hub, KEEPER, limit=3, after=first.next)
    schools_shown = [card.school for card in (*first.items, *second.items)]
    assert schools_shown == ["s4", "s3", "s2", "s1", "s0"]
    assert second.next == ""
    with pytest.raises(UsageError, match="after"):
        listing.find(hub, KEEPER, after="x")


def test_the_folder_for_a_laptop(hub: Hub, tmp_path: Path) -> None:
    made = seeds_of(hub, "qamdo", "dongba")
    out = tmp_path / "out"
    folder.check(out)
    folder.write(out, made, title="县 <hub>")
    for one in made:
        assert open_seed((out / one.file).read_bytes()).seed == one.seed
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
    assert modes == {card_seeds.FILE_MODE}
    rows = (out / "cards.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == '"seed","device","preload","label"'
    assert rows[1] == f'"{made[0].file}","","","{made[0].seed.card} Qamdo No. 7"'
    packed = zipfile.ZipFile(BytesIO(folder.packed(made, title="县 <hub>")))
    assert {name: packed.read(name) for name in packed.namelist()} == {
        path.name: path.read_bytes() for path in out.iterdir()
    }


def test_seeds_go_into_no_folder_that_others_can_write_to(tmp_path: Path) -> None:
    anybodys = tmp_path / "anybodys"
    anybodys.mkdir()
    anybodys.chmod(0o777)
    with pytest.raises(Refused, match="every user may write to it"):
        folder.check(anybodys)
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o700)
    folder.check(ours)
    if os.geteuid() == 0:
        trap = tmp_path / "trap"
        trap.symlink_to(ours)
        os.lchown(trap, 1, 1)
        anothers = tmp_path / "anothers"
        anothers.mkdir(mode=0o700)
        os.chown(anothers, 1, 1)
        for place in (trap, anothers):
            with pytest.raises(Refused, match="belongs to another user"):
                folder.check(place)


def test_the_sheet_says_all_that_a_school_is_told(hub: Hub) -> None:
    wanted = Wanted(hubs=WANTED.hubs, wifi_passphrase="ten <mules>")
    (made,) = seeds_of(hub, "qamdo", wanted=wanted)
    page = sheet.page([made], title="县 <hub>")
    assert page.count(made.fingerprint) == 1
    assert card_seeds.shown_box_code(made.seed.teacher_code) in page
    assert card_seeds.shown_box_code(made.seed.technician_code) in page
    assert "ten &lt;mules&gt;" in page
    assert "县 &lt;hub&gt;" in page
    assert made.seed.code not in page
    assert "<script" not in page


def test_the_commands(tmp_path: Path, hub: Hub) -> None:
    command = Commands(hub.data.root)
    command.say("schools", "add", "qamdo", "--district", "east")
    command.say("schools", "add", "dongba", "--district", "east")
    out = tmp_path / "out"
    place = ("--hub", "https://hub.example/", "--output", out)
    found = command.json("seeds", "qamdo", "--filter", "district:east", *place, "--country", "CN")
    assert [one["school"] for one in found["seeds"]] == ["qamdo", "dongba"]
    opened = open_seed((out / found["seeds"][0]["file"]).read_bytes())
    assert (opened.fingerprint, opened.seed.wifi.country) == (found["fingerprint"], "CN")
    before = {path: path.read_bytes() for path in out.iterdir()}
    code, error = command.fail("seeds", "qamdo", *place)
    assert (code, "--output" in error) == (5, True), "the codes on that sheet are shown once"
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    place = (*place[:-1], tmp_path / "more")
    made = command.run("seeds", "qamdo", *place, "--metered", "--no-captive", "--language", "zh")
    assert found["fingerprint"] in made.stdout
    assert "warning: without --authority" in made.stderr, "a hub's own certificate would be refused"
    receipts = tmp_path / "receipts.jsonl"
    receipts.write_bytes(
        lines_of(a_receipt(card=1, seed=opened.digest), a_receipt(card=1, seed="ab" * 32))
    )
    taken = command.run("cards", "take", receipts)
    assert (taken.exit_code, "1 new, 0 known" in taken.stdout) == (3, True)
    assert "this hub made no such seed" in taken.stderr
    listed = command.json("cards", "list", "qamdo")["cards"]
    assert [(card["card"], card["state"]) for card in listed] == [(3, "made"), (1, "written")]
    assert "qamdo" in command.say("cards", "list")
    place = (*place[:-1], tmp_path / "none")
    code, error = command.fail("seeds", "nowhere", *place)
    assert (code, "no school" in error) == (7, True)


def test_a_passphrase_from_a_file_stands_in_no_list_of_processes(tmp_path: Path, hub: Hub) -> None:
    command = Commands(hub.data.root)
    command.say("schools", "add", "qamdo", "--district", "east")
    file, out = tmp_path / "passphrase", tmp_path / "out"
    place = ("--hub", "https://hub.example/", "--output", out)
    words = ("seeds", "qamdo", *place, "--wifi-passphrase-file", file)
    chinese, long = "十头骡子".encode(), b"x" * (KEY_FILE_BYTES_MAX + 1)
    for data, said in ((b"", "first line is empty"), (chinese, "ASCII"), (long, "more than")):
        file.write_bytes(data)
        code, error = command.fail(*words)
        assert (code, said in error) == (3, True), error
    file.write_bytes(b"short\n")
    assert command.fail(*words)[0] == 2
    file.write_bytes(b"ten mules\r\na second line\n")
    assert command.fail(*words, "--wifi-passphrase", "ten mules")[0] == 2
    (made,) = command.json(*words)["seeds"]
    assert open_seed((out / made["file"]).read_bytes()).seed.wifi.passphrase == "ten mules"
