"""Pupils who guess at PINs, passphrases and codes: stopped, and the class goes on. Real sockets.

The phones of a class have addresses of their own on the Wi-Fi; here they are of 127.0.0.0/8.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_node.school.limits import (
    FAILURES_OF_ACCOUNT_DAY_MAX,
    FAILURES_OF_ACCOUNT_MAX,
    FAILURES_OF_DEVICE_MAX,
    FAILURES_OF_PLACE_MAX,
    SESSIONS_OF_ONE_MAX,
    TRIES_FREE,
)
from sync_node.school.models import AttemptRow, SessionRow
from sync_node.school.people_model import Learner
from sync_node.school.pins import PIN_PICTURE_NAMES
from tests.sync_node.lan.attacked import PIN, Attacked, attacked
from tests.sync_node.lan.teacher.classroom import PASSPHRASE

MALLORY = "127.0.6.6"  # the address of the phone that attacks
CLASS = "127.0.0.9"  # of another
SECONDS_MAX = 5.0  # of a page, on a machine that is busy with guesses and other tests


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Attacked]:
    with attacked(tmp_path) as found:
        yield found


def test_a_phone_has_five_tries_then_waits_and_only_it(here: Attacked) -> None:
    anna = here.learners[0]
    with here.phone(MALLORY) as mallory:
        found = [here.sign_in(mallory, anna, f"{number:04}").status for number in range(20)]
        assert found == [200] * TRIES_FREE + [429] * (20 - TRIES_FREE)
        refused = here.sign_in(mallory, anna)
        assert refused.status == 429, "the right one isn't looked at either"
        assert 1 <= int(refused.headers["retry-after"]) <= 5
    with here.phone(CLASS) as phone:
        assert here.sign_in(phone, anna).status == 303
        assert here.sign_in(phone, here.learners[1]).status == 303


def test_throwing_the_cookie_away_gives_thirty_and_shuts_nobody_out(here: Attacked) -> None:
    anna, *others = here.learners
    own = here.phone_of(anna, CLASS)
    with here.phone(MALLORY) as mallory:
        found: Counter[int] = Counter()
        for number in range(FAILURES_OF_ACCOUNT_MAX + 20):
            mallory.forget()
            found[here.sign_in(mallory, anna, f"{number:04}").status] += 1
    assert found == {200: FAILURES_OF_ACCOUNT_MAX, 429: 20}
    own.post("/sign-out")
    assert here.sign_in(own, anna).status == 303, "her own phone knows her"
    with here.phone(CLASS) as another:
        assert here.sign_in(another, anna).status == 429, "a phone that is new to her doesn't"
        for other in others:
            assert here.sign_in(another, other).status == 303
    page = here.phone_of_teacher().post(f"/teacher/classes/{anna.class_id}/forgive")
    assert page.status == 303
    with here.phone(CLASS) as another:
        assert here.sign_in(another, anna).status == 303


def test_a_cookie_of_one_s_own_making_is_a_device_like_any_other(here: Attacked) -> None:
    anna = here.learners[0]
    with here.phone(MALLORY) as mallory:
        found = Counter()
        for number in range(40):
            mallory.cookies["device"] = "x" * (number % 70) + str(number)
            found[here.sign_in(mallory, anna, f"{number:04}").status] += 1
    assert found[200] == FAILURES_OF_ACCOUNT_MAX


def test_one_pin_tried_on_every_pupil_from_one_phone(here: Attacked) -> None:
    """Spraying: whatever cookies it throws away and addresses it claims, it comes to an end."""
    people = here.data.people
    made = people.add_class("4 C", "4")
    many = [people.add_learner(made.id, f"Pupil {number}") for number in range(40)]
    for one in many:
        people.set_pin(one.id, PIN, "digits")
    found: Counter[int] = Counter()
    with here.phone(MALLORY) as mallory:
        for pin in ("1234", "0000", "1111", "2580"):
            for one in many:
                mallory.forget()
                form, claimed = {"pin": pin}, f"10.42.0.{sum(found.values())}"
                answer = mallory.post(here.door(one), form, X_Forwarded_For=claimed)
                found[answer.status] += 1
        assert found == {200: FAILURES_OF_PLACE_MAX, 429: 160 - FAILURES_OF_PLACE_MAX}
        assert int(here.sign_in(mallory, many[0]).headers["retry-after"]) <= 15
    with here.phone(CLASS) as phone:
        assert [here.sign_in(phone, one).status for one in many] == [303] * 40


def test_phones_behind_a_web_server_on_the_box_are_told_apart(here: Attacked) -> None:
    anna, ben, *_ = here.learners
    with here.phone("127.0.0.1") as front:
        for _ in range(FAILURES_OF_PLACE_MAX):  # for each a guess would take 2 s
            here.data.signing_in._turnstile.failed("10.42.0.66")
        seen = [
            front.post(here.door(one), {"pin": PIN}, X_Forwarded_For=at).status
            for one, at in ((anna, "10.42.0.66"), (ben, "10.42.0.67"))
        ]
    assert seen == [429, 303]


def test_a_phone_that_keeps_its_cookie_has_sixty_for_all_accounts(here: Attacked) -> None:
    people = here.data.people
    made = people.add_class("4 C", "4")
    many = [people.add_learner(made.id, f"Pupil {number}") for number in range(20)]
    for one in many:
        people.set_pin(one.id, PIN, "digits")
    with here.phone(MALLORY) as mallory:
        tried = [here.sign_in(mallory, one, "0000").status for _ in range(4) for one in many]
    assert tried.count(200) == FAILURES_OF_DEVICE_MAX


def test_tries_side_by_side_are_no_more_than_tries_in_a_row(here: Attacked) -> None:
    anna = here.learners[0]
    found: list[int] = []

    def guess(number: int) -> None:
        with here.phone(f"127.0.7.{number + 1}") as phone:
            for each in range(12):
                phone.forget()
                answer = here.sign_in(phone, anna, f"{number:02}{each:02}")
                found.append(answer.status)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 96
    assert found.count(200) == FAILURES_OF_ACCOUNT_MAX
    assert set(found) <= {200, 429, 503}


def test_a_script_that_runs_by_night_has_sixty(here: Attacked) -> None:
    """In rows, since a night is too long for a test: failures of 20 hours before count."""
    anna = here.learners[0]
    ground = here.data.ground
    before = (ground.now().replace(microsecond=0)).timestamp() - 20 * 3600
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))

    def earlier() -> None:
        for number in range(FAILURES_OF_ACCOUNT_DAY_MAX):
            AttemptRow.create(account=f"learner:{anna.id}", device=f"d{number}", at=at)

    with here.phone_of(anna, CLASS) as own:
        ground.write(earlier)
        here.data.tidy()
        with here.phone(MALLORY) as mallory:
            assert here.sign_in(mallory, anna).status == 429
        assert here.sign_in(own, anna).status == 303


def test_pictures_are_guessed_at_no_more_often_than_digits(here: Attacked) -> None:
    anna = here.learners[0]
    here.data.people.set_pin(anna.id, "sun-cat-moon", "pictures")
    found: Counter[int] = Counter()
    with here.phone(MALLORY) as mallory:
        for number in range(40):
            mallory.forget()
            chosen = [PIN_PICTURE_NAMES[(number + step) % 12] for step in (0, 1, 2)]
            found[mallory.post(here.door(anna), {"picture": chosen}).status] += 1
        half = mallory.post(here.door(anna), {"picture": ["sun", "cat"]})
        assert half.status == 200
        assert "2 of 3" in half.text, "an unfinished one is no try, and says nothing of the PIN"
        more = ["sun", "cat", "moon", "star", "sun-cat-moon"]
        assert mallory.post(here.door(anna), {"picture": more}).status == 429
    assert found == {200: FAILURES_OF_ACCOUNT_MAX, 429: 10}


def test_what_is_no_pin_is_wrong(here: Attacked) -> None:
    odd = ("", " ", PIN + "\0", "%", "*", "4711 OR 1=1", "٤٧١", "4" * 100_000, "[]", "null")
    with here.phone() as phone:
        for pin in odd:
            phone.forget()
            assert here.sign_in(phone, here.learners[0], pin).status == 200
            assert "session" not in phone.cookies


def test_the_page_says_the_same_to_every_wrong_pin(here: Attacked) -> None:
    anna = here.learners[0]
    with here.phone() as phone:
        pages = {here.sign_in(phone, anna, pin).body for pin in ("4710", "0000", "4", "47119")}
    assert len(pages) == 1


def test_a_passphrase_is_guessed_at_no_better(here: Attacked) -> None:
    teacher = here.data.teachers.teachers()[0]
    found: Counter[int] = Counter()
    with here.phone(MALLORY) as mallory:
        for number in range(FAILURES_OF_ACCOUNT_MAX + 10):
            mallory.forget()
            form = {"teacher": teacher.id, "passphrase": f"four wrong words {number}"}
            answer = mallory.post("/teacher/sign-in", form)
            found["wait" in answer.text.lower()] += 1
            assert "session" not in mallory.cookies
        right = {"teacher": teacher.id, "passphrase": PASSPHRASE}
        assert mallory.post("/teacher/sign-in", right).status == 400
    failures = here.data.ground.write(lambda: AttemptRow.select().count())
    assert failures == FAILURES_OF_ACCOUNT_MAX
    code = here.data.teachers.make_code("teacher")
    with here.phone(CLASS) as phone:
        form = {"code": code, "name": teacher.name, "passphrase": PASSPHRASE}
        assert phone.post("/teacher/code", form).status == 303, "the console lets her in"


def test_codes_cost_a_guesser_s_time_and_no_hash(here: Attacked) -> None:
    here.data.teachers.make_code("teacher")
    with here.phone(MALLORY) as mallory:
        for number in range(60):
            mallory.forget()
            form = {"code": f"AAAA-BBBB-{number:04}", "name": "M", "passphrase": PASSPHRASE}
            assert mallory.post("/teacher/code", form).status == 400
    rows = here.data.ground.write(lambda: AttemptRow.select().count())
    assert rows <= FAILURES_OF_ACCOUNT_MAX, "they don't crowd out failures that count"
    assert [one.name for one in here.data.teachers.teachers()] == ["Ms Li"]


def test_signing_in_again_and_again_ends_no_session_of_another(here: Attacked) -> None:
    anna, ben, *_ = here.learners
    here.data.people.take_pin_away(ben.id)
    own = here.phone_of(anna, CLASS)
    with here.phone(MALLORY) as mallory:
        for _ in range(SESSIONS_OF_ONE_MAX + 10):
            assert here.sign_in(mallory, ben).status == 303
    here.data.tidy()
    assert "That&#39;s not me" in own.get("/").text or anna.name in own.get("/").text
    of_ben = SessionRow.subject == ben.id
    rows = here.data.ground.write(lambda: SessionRow.select().where(of_ben).count())
    assert rows == SESSIONS_OF_ONE_MAX


@pytest.mark.parametrize("places", ["one", "hidden"])
def test_a_flood_at_the_lock_leaves_the_class_its_pages_and_its_door(
    tmp_path: Path, places: str
) -> None:
    """Real hashes, each a tenth of a second: forty connections guess, others sign in and read."""
    with attacked(tmp_path) as here:
        people = here.data.people
        object.__setattr__(here.data.ground, "hash_cost", 16_384)  # as a node has it
        made = people.add_class("4 C", "4")
        victims = [people.add_learner(made.id, f"Pupil {number}") for number in range(10)]
        for one in victims:
            people.set_pin(one.id, "9087", "digits")
        anna = here.learners[0]
        people.set_pin(anna.id, PIN, "digits")
        known = here.phone_of(anna, CLASS)
        known.post("/sign-out")
        ending = threading.Event()
        at = MALLORY if places == "one" else "127.0.0.1"
        floods = [
            threading.Thread(target=_guess_until, args=(here, victims[number::5] * 2, at, ending))
            for number in range(10)
        ]
        for flood in floods:
            flood.start()
        time.sleep(0.5)
        took = []
        try:
            for _ in range(5):
                begun = time.monotonic()
                with here.phone(CLASS) as phone:
                    assert phone.get("/").status == 200
                took.append(time.monotonic() - begun)
            assert here.sign_in(known, anna).status == 303, "a phone that she has used"
            with here.phone("127.0.0.77") as new:
                assert here.sign_in(new, here.learners[1]).status == 303, "a new phone of the class"
        finally:
            ending.set()
            for flood in floods:
                flood.join()
        assert sorted(took)[2] < SECONDS_MAX, took


def _guess_until(here: Attacked, victims: list[Learner], at: str, ending: threading.Event) -> None:
    number = 0
    with here.phone(at) as phone:
        while not ending.is_set():
            number += 1
            phone.forget()
            status = here.sign_in(phone, victims[number % len(victims)], f"{number % 10_000:04}")
            assert status.status in {200, 429, 503}


def test_who_is_signed_in_stands_in_no_answer_to_a_guess(here: Attacked) -> None:
    anna = here.learners[0]
    here.phone_of(anna, CLASS)
    with here.phone(MALLORY) as mallory:
        page = here.sign_in(mallory, anna, "0000").text
        assert not re.search(r"session|scrypt|\$", page.split("</head>")[1].split("<script")[0])
