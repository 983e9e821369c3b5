"""A pupil signs in with a PIN; who guesses is stopped, and the class goes on."""

import itertools
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.errors import Missing, UsageError
from sync_node.school import pins
from sync_node.school.errors import DeviceRefused, TooManyTries, WrongSecret
from sync_node.school.limits import (
    FAILURES_OF_ACCOUNT_MAX,
    LEARNER_IDLE_SECONDS,
    LEARNER_SECONDS,
    TRIES_FREE,
)
from sync_node.school.people_model import Learner
from sync_node.school.sessions import SignedIn, device_of
from tests.support.school import SchoolRig

PHRASE = "seven red bicycles fly"
HERE = device_of("a phone of the class")


def guess(rig: SchoolRig, learner: Learner, device: str, times: int = 1) -> list[type[Exception]]:
    found: list[type[Exception]] = []
    for _ in range(times):
        try:
            rig.school.signing_in.learner(learner.id, "0000", device=device)
        except (WrongSecret, TooManyTries) as error:
            found.append(type(error))
    return found


def with_pin(rig: SchoolRig, *names: str) -> list[Learner]:
    """Return pupils whose PIN is 4711."""
    _, learners = rig.a_class(*names)
    return [rig.school.people.set_pin(one.id, "4711", "digits").learner for one in learners]


def sign_in(rig: SchoolRig, learner: Learner, device: str = HERE) -> SignedIn:
    return rig.school.signing_in.learner(learner.id, "4711", device=device)


def test_a_pupil_signs_in_with_the_pin_of_the_sheet(rig: SchoolRig) -> None:
    made, _ = rig.a_class("Anna", "小明")
    for kind in ("digits", "pictures"):
        sheet = rig.school.people.make_pins(made.id, kind)
        assert [pins.is_pin(one.pin, kind) for one in sheet] == [True, True]
        for one in sheet:
            done = rig.school.signing_in.learner(one.learner.id, one.pin, device=HERE)
            found = rig.school.sessions.find(done.token)
            assert found == done.session
            assert found.actor == one.learner.actor


@pytest.mark.parametrize("typed", ["4711", " 4711 ", "4 7 1 1", "４７１１", "٤٧١١"])
def test_a_pin_is_the_same_however_a_keyboard_writes_digits(rig: SchoolRig, typed: str) -> None:
    (anna,) = with_pin(rig, "Anna")
    assert rig.school.signing_in.learner(anna.id, typed, device=HERE)


@pytest.mark.parametrize(
    "typed", ["", "4712", "47111", "471", "x" * 10_000, "4711\x00", "cat-sun-moon"]
)
def test_another_pin_is_wrong(rig: SchoolRig, typed: str) -> None:
    (anna,) = with_pin(rig, "Anna")
    with pytest.raises(WrongSecret):
        rig.school.signing_in.learner(anna.id, typed, device=HERE)


def test_pictures_count_in_their_order(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    rig.school.people.set_pin(anna.id, "cat-sun-moon", "pictures")
    rig.school.signing_in.learner(anna.id, pins.from_pictures(["cat", "sun", "moon"]), device=HERE)
    with pytest.raises(WrongSecret):
        rig.school.signing_in.learner(anna.id, "sun-cat-moon", device=HERE)


def test_without_a_pin_nothing_is_asked(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    assert rig.school.signing_in.learner(anna.id, "", device=HERE)


def test_what_the_database_keeps_tells_no_pin_and_no_token(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    rig.school.teachers.add("Ms Li", PHRASE)
    code = rig.school.teachers.make_code("teacher")
    rig.school.back_up()
    data = rig.data_dir.school_backup.read_bytes()
    for secret in (
        b"4711",
        token.encode(),
        PHRASE.encode(),
        code.encode(),
        code.replace("-", "").encode(),
    ):
        assert secret not in data


def test_five_tries_are_free_then_waits_double(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    assert guess(rig, anna, HERE, TRIES_FREE) == [WrongSecret] * TRIES_FREE
    waited = []
    for _ in range(8):
        with pytest.raises(TooManyTries) as refused:
            sign_in(rig, anna)
        waited.append(refused.value.seconds)
        rig.move(seconds=refused.value.seconds)
        assert guess(rig, anna, HERE) == [WrongSecret]
    assert waited == [5, 10, 20, 40, 80, 160, 300, 300]


def test_what_is_not_looked_at_costs_neither_a_hash_nor_a_write(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    guess(rig, anna, HERE, TRIES_FREE)
    jobs = rig.school.ground.writer.jobs
    assert guess(rig, anna, HERE, 200) == [TooManyTries] * 200
    assert rig.school.ground.writer.jobs == jobs


def test_the_right_pin_makes_the_tries_free_again(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    for _ in range(4):
        guess(rig, anna, HERE, TRIES_FREE - 1)
        sign_in(rig, anna)


def test_a_pupil_who_guesses_shuts_nobody_else_out(rig: SchoolRig) -> None:
    anna, ben, zoe = with_pin(rig, "Anna", "Ben", "Zoe")
    sign_in(rig, ben, device_of("Ben's phone"))
    for number in range(100):
        guess(rig, ben, device_of(f"thrown away {number}"))
    assert sign_in(rig, ben, device_of("Ben's phone"))
    assert sign_in(rig, anna)
    assert sign_in(rig, zoe, device_of("a new phone"))


def test_throwing_cookies_away_gives_thirty_tries_an_hour(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    found = [
        kind
        for number in range(60)
        for kind in guess(rig, anna, device_of(f"thrown away {number}"))
    ]
    assert found.count(WrongSecret) == FAILURES_OF_ACCOUNT_MAX
    assert set(found[FAILURES_OF_ACCOUNT_MAX:]) == {DeviceRefused}
    assert rig.school.signing_in.guessed_at(anna.class_id) == [anna.id]
    with pytest.raises(DeviceRefused):
        sign_in(rig, anna, device_of("a new phone"))
    rig.move(hours=1, seconds=1)
    assert sign_in(rig, anna, device_of("a new phone"))


def test_a_teacher_lets_in_whom_guessers_shut_out(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    for number in range(FAILURES_OF_ACCOUNT_MAX):
        guess(rig, anna, device_of(f"thrown away {number}"))
    with pytest.raises(DeviceRefused):
        sign_in(rig, anna, device_of("a new phone"))
    rig.school.signing_in.forgive(anna.class_id)
    assert sign_in(rig, anna, device_of("a new phone"))


def test_one_phone_cannot_go_through_the_class(rig: SchoolRig) -> None:
    pupils = with_pin(rig, *(f"Pupil {number}" for number in range(20)))
    found = [kind for pupil in pupils for kind in guess(rig, pupil, HERE, 4)]
    assert found.count(WrongSecret) == 60
    assert found[60:] == [TooManyTries] * 20
    assert sign_in(rig, pupils[0], device_of("another phone"))


def test_a_clock_that_goes_back_makes_nobody_wait_for_years(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    guess(rig, anna, HERE, TRIES_FREE)
    rig.move(days=-3_000)
    assert sign_in(rig, anna)
    rig.school.tidy()


def test_sixty_pupils_sign_in_at_once(rig: SchoolRig) -> None:
    _, pupils = rig.a_class(*(f"Pupil {number}" for number in range(60)))
    tokens: list[str] = []

    def go(pupil: Learner) -> None:
        tokens.append(rig.school.signing_in.learner(pupil.id, "", device=pupil.id).token)

    threads = [threading.Thread(target=go, args=(pupil,)) for pupil in pupils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({rig.school.sessions.find(token) for token in tokens}) == 60


@pytest.mark.parametrize("away", ["pupil", "class"])
def test_who_is_archived_is_out_at_once_and_does_not_come_in(rig: SchoolRig, away: str) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    if away == "pupil":
        rig.school.people.archive_learner(anna.id)
    else:
        rig.school.people.archive_class(anna.class_id)
    assert rig.school.sessions.find(token) is None
    with pytest.raises(Missing):
        sign_in(rig, anna)


def test_a_new_pin_ends_what_the_old_one_began(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    rig.school.people.make_pin(anna.id, "digits")
    assert rig.school.sessions.find(token) is None


def test_nobody_is_signed_in_by_an_unknown_id(rig: SchoolRig) -> None:
    for unknown in ("", "00000000-0000-4000-8000-000000000000", "' OR 1=1 --"):
        with pytest.raises(Missing):
            rig.school.signing_in.learner(unknown, "", device=HERE)
        assert rig.school.sessions.find(unknown) is None


def test_a_shared_phone_forgets_after_four_idle_hours(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    rig.move(seconds=LEARNER_IDLE_SECONDS - 60)
    assert rig.school.sessions.find(token)
    rig.school.ground.write(lambda: None)  # that it was used is noted behind
    rig.move(seconds=LEARNER_IDLE_SECONDS - 60)
    assert rig.school.sessions.find(token)
    rig.school.ground.write(lambda: None)
    rig.move(seconds=LEARNER_IDLE_SECONDS + 60)
    assert rig.school.sessions.find(token) is None


def test_a_day_is_over_after_twelve_hours(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    for _ in range(4):
        rig.move(seconds=LEARNER_SECONDS // 4 - 60)
        assert rig.school.sessions.find(token)
        rig.school.ground.write(lambda: None)
    rig.move(seconds=300)
    assert rig.school.sessions.find(token) is None
    rig.school.tidy()


def test_signing_out_ends_it(rig: SchoolRig) -> None:
    (anna,) = with_pin(rig, "Anna")
    token = sign_in(rig, anna).token
    rig.school.sessions.end(token)
    assert rig.school.sessions.find(token) is None
    rig.school.sessions.end(token)


@given(st.text(max_size=300))
@settings(max_examples=50)
def test_no_other_word_is_a_session(word: str) -> None:
    assert device_of(word) == device_of(word)


def test_a_device_is_not_told_by_its_id() -> None:
    assert device_of("token") != "token"
    assert device_of("token") != device_of(device_of("token"))


def test_teachers_begin_with_a_code_that_is_good_once(rig: SchoolRig) -> None:
    code = rig.school.teachers.make_code("teacher")
    assert rig.school.teachers.has_code("teacher")
    typed = code.lower().replace("-", " ").replace("0", "o")
    done = rig.school.signing_in.new_teacher(typed, "Ms Li", PHRASE, device=HERE)
    assert rig.school.sessions.find(done.token) == done.session
    assert [one.name for one in rig.school.teachers.teachers()] == ["Ms Li"]
    assert not rig.school.teachers.has_code("teacher")
    with pytest.raises(WrongSecret):
        rig.school.signing_in.new_teacher(code, "Mallory", PHRASE, device=HERE)


def test_a_code_gives_a_teacher_who_forgot_it_a_new_passphrase(rig: SchoolRig) -> None:
    made = rig.school.teachers.add("Ms Li", PHRASE)
    old = rig.school.signing_in.teacher("Ms Li", PHRASE, device=HERE)
    code = rig.school.teachers.make_code("teacher")
    new = rig.school.signing_in.new_teacher(code, "Ms Li", PHRASE + " again", device=HERE)
    assert new.session.subject == made.id
    assert rig.school.sessions.find(old.token) is None
    with pytest.raises(WrongSecret):
        rig.school.signing_in.teacher("Ms Li", PHRASE, device=HERE)
    assert rig.school.signing_in.teacher(made.id, PHRASE + " again", device=HERE)


def test_a_newer_code_takes_the_place_of_the_one_before(rig: SchoolRig) -> None:
    first = rig.school.teachers.make_code("technician")
    second = rig.school.teachers.make_code("technician")
    with pytest.raises(WrongSecret):
        rig.school.signing_in.technician(first, device=HERE)
    done = rig.school.signing_in.technician(second, device=HERE)
    assert (done.session.kind, done.session.actor) == ("technician", None)


def test_a_code_for_one_thing_is_none_for_the_other(rig: SchoolRig) -> None:
    code = rig.school.teachers.make_code("technician")
    with pytest.raises(WrongSecret):
        rig.school.signing_in.new_teacher(code, "Ms Li", PHRASE, device=HERE)
    assert rig.school.signing_in.technician(code, device=HERE)


def test_guessing_codes_shuts_nobody_out_who_has_one(rig: SchoolRig) -> None:
    code = rig.school.teachers.make_code("technician")
    for number in range(60):
        with pytest.raises(WrongSecret):
            rig.school.signing_in.technician("AAAA-BBBB-CCCC", device=device_of(str(number)))
    assert rig.school.signing_in.technician(code, device=HERE)


@pytest.mark.parametrize("name", ["Ms Li", "nobody", "", "x" * 5_000])
def test_a_teacher_is_guessed_at_like_a_pupil(rig: SchoolRig, name: str) -> None:
    rig.school.teachers.add("Ms Li", PHRASE)
    for _ in range(TRIES_FREE):
        with pytest.raises(WrongSecret):
            rig.school.signing_in.teacher(name, "wrong", device=HERE)
    with pytest.raises(TooManyTries):
        rig.school.signing_in.teacher(name, PHRASE, device=HERE)


@pytest.mark.parametrize(
    "phrase", ["", "short", "aaaaaaaaaaaaaaa", "one two two", "x" * 201, "a b c"]
)
def test_an_easy_passphrase_is_refused(rig: SchoolRig, phrase: str) -> None:
    with pytest.raises(UsageError):
        rig.school.teachers.add("Ms Li", phrase)


@pytest.mark.parametrize("phrase", ["a cat sat down", "correcthorse", "四只 红色 自行 车飞"])
def test_four_words_or_twelve_characters_will_do(rig: SchoolRig, phrase: str) -> None:
    rig.school.teachers.add("Ms Li", phrase)
    assert rig.school.signing_in.teacher("Ms Li", phrase, device=HERE)


def test_new_pins_are_not_those_that_everybody_tries() -> None:
    numbers = itertools.count()
    drawn = {
        pins.new_pin("digits", lambda _: next(numbers).to_bytes(8, "big")) for _ in range(9_000)
    }
    assert not drawn & {"0000", "1111", "1234", "4321", "2580", "1999", "2012"}
    assert len(drawn) > 5_000
