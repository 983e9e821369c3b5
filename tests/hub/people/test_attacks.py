"""What people who aren't let in try, each by its name."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from statistics import median

import pytest

from content_packs.errors import Refused
from hub.errors import TooOften
from hub.fleet import audit
from hub.fleet.audit import Refusals
from hub.hub import Hub
from hub.people import account, directory, sessions, signing_in, tokens, trying
from hub.people.actor import of_this_machine
from hub.people.errors import SignInRefused
from hub.people.limits import TRIES_OF_ALL, TRIES_OF_DEVICE, TRIES_OF_LOGIN, TRIES_OF_NETWORK
from hub.people.signing_in import Given
from hub.people.tables import (
    ApiTokenRow,
    PersonDeviceRow,
    PersonLinkRow,
    PersonRow,
    PersonSessionRow,
)
from tests.hub.clients import MovableClock
from tests.hub.people.signing import (
    HOME,
    Noted,
    code_at,
    new_secret,
    password_of,
    session_of,
    signed_in,
    token_of,
    try_in,
)
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.both_databases
EVIL = "203.0.113.66"


def fail(hub: Hub, login: str, address: str = EVIL, device: str = "") -> None:
    with pytest.raises(SignInRefused):
        try_in(hub, login, "not the password", address=address, device=device)


def refuse(hub: Hub, login: str, address: str = EVIL, device: str = "") -> int:
    with pytest.raises(TooOften) as found:
        try_in(hub, login, password_of(login), address=address, device=device)
    return found.value.seconds


def test_brute_force_of_one_login_waits(staffed: Hub, clock: MovableClock) -> None:
    for _ in range(TRIES_OF_LOGIN):
        fail(staffed, "ada")
    wait = refuse(staffed, "ada")
    assert 0 < wait <= 60
    clock.go_on(seconds=wait)
    fail(staffed, "ada")
    assert refuse(staffed, "ada")


def test_brute_force_spread_over_many_networks_waits(staffed: Hub) -> None:
    for number in range(TRIES_OF_LOGIN):
        fail(staffed, "ada", f"198.51.100.{number}")
    assert refuse(staffed, "ada", "2001:db8::1")


def test_one_password_tried_on_all_logins_waits(staffed: Hub) -> None:
    for number in range(TRIES_OF_NETWORK):
        fail(staffed, f"somebody-{number}", f"2001:db8:1:2::{number}")  # one household's
    assert refuse(staffed, "ada", "2001:db8:1:2:ffff::1")
    try_in(staffed, "ada", address="2001:db8:1:3::1")


def test_a_flood_from_everywhere_on_everybody_waits(staffed: Hub) -> None:
    with staffed.database.writing():
        for number in range(TRIES_OF_ALL):  # 300 passwords to hash would be 10 s of a test
            stranger = trying.of_stranger(f"nobody-{number}", f"2001:db8:{number:x}::1")
            assert trying.take(staffed, stranger) == 0
    assert refuse(staffed, "tina", "198.51.100.99")


def test_a_flood_keeps_nobody_out_of_a_browser_that_was_signed_in(staffed: Hub) -> None:
    device = try_in(staffed, "ada").device
    for number in range(TRIES_OF_NETWORK):
        fail(staffed, f"somebody-{number}", HOME)
    for number in range(TRIES_OF_LOGIN):
        fail(staffed, "ada", f"198.51.100.{number}")
    refuse(staffed, "ada", HOME)
    try_in(staffed, "ada", device=device)


def test_a_stolen_browser_guesses_no_faster(staffed: Hub) -> None:
    device = try_in(staffed, "ada").device
    for _ in range(TRIES_OF_DEVICE):
        fail(staffed, "ada", HOME, device)
    assert refuse(staffed, "ada", HOME, device)
    for _ in range(TRIES_OF_LOGIN):
        fail(staffed, "otto", HOME, device)  # it is known for ada alone
    assert refuse(staffed, "otto", HOME, device)


def test_tries_at_the_same_moment_are_counted_before_they_are_looked_at(staffed: Hub) -> None:
    refused, late = [], []

    def run() -> None:
        try:
            try_in(staffed, "ada", "not the password", address=EVIL)
        except SignInRefused:
            refused.append(1)
        except TooOften:
            late.append(1)

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(late)) == (TRIES_OF_LOGIN, 12 - TRIES_OF_LOGIN)


def other_worker(hub: Hub, *words: str) -> list[str]:
    command = [sys.executable, "-m", "tests.hub.people.other_worker", str(hub.data.root), *words]
    found = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_several_workers_count_together_and_know_each_others_sessions(staffed: Hub) -> None:
    token = try_in(staffed, "otto").session
    fail(staffed, "ada")
    others = other_worker(staffed, token, "ada", str(TRIES_OF_LOGIN))
    assert others == ["otto", *["refused"] * (TRIES_OF_LOGIN - 1), "late"]
    assert refuse(staffed, "ada")


def test_a_clock_that_falls_back_locks_nobody_out(staffed: Hub, clock: MovableClock) -> None:
    for _ in range(TRIES_OF_LOGIN):
        fail(staffed, "ada")
    clock.go_on(days=-400)
    assert refuse(staffed, "ada") <= 60


def test_an_unknown_login_answers_like_a_known_one(staffed: Hub) -> None:
    noted = Noted()
    messages = set()
    directory.disable(staffed, of_this_machine(), "tina")
    for login in ("ada", "nobody", "tina"):
        with pytest.raises(SignInRefused) as found:
            try_in(staffed, login, "not the password", noted=noted)
        messages.add((found.value.message, found.value.hint))
    assert len(messages) == 1
    assert [reason.rpartition(": ")[2] for reason in noted.reasons] == [
        "wrong password", "no such login", "disabled",
    ]  # fmt: skip


def test_an_unknown_login_takes_as_long_as_a_known_one(staffed: Hub, clock: MovableClock) -> None:
    """An attacker of the network sees milliseconds; a hash that isn't made would be 25 of them.

    Measured is what the hub works: the machine that runs this may be busy with other things."""
    directory.add(
        staffed, of_this_machine(), "newcomer", "", directory.Terms("teacher"),
        randomness=os.urandom,
    )  # fmt: skip
    took: dict[str, list[float]] = {"ada": [], "nobody": [], "newcomer": []}
    for _ in range(9):
        for login, times in took.items():
            clock.go_on(hours=1)
            begun = time.process_time()
            fail(staffed, login)
            times.append(time.process_time() - begun)
    known = median(took["ada"])
    assert 0.5 < median(took["nobody"]) / known < 2
    assert 0.5 < median(took["newcomer"]) / known < 2


def test_who_may_not_sign_in_isnt_let_in_by_the_right_password(staffed: Hub) -> None:
    directory.disable(staffed, of_this_machine(), "otto")
    with pytest.raises(SignInRefused):
        try_in(staffed, "otto")


def test_somebody_without_a_password_isnt_let_in(staffed: Hub) -> None:
    admin = of_this_machine()
    terms = directory.Terms("teacher")
    directory.add(staffed, admin, "newcomer", "", terms, randomness=os.urandom)
    for password in ("", "\x00of nobody", "newcomer"):
        given = Given("newcomer", password, "", HOME)
        with pytest.raises(SignInRefused):
            signing_in.sign_in(staffed, given, os.urandom, Noted())


def test_session_fixation_a_token_from_before_is_worth_nothing(staffed: Hub) -> None:
    first = try_in(staffed, "otto")
    second = try_in(staffed, "ada", device=first.device)
    assert second.session != first.session
    assert session_of(staffed, first).actor.login == "otto"
    assert second.device != first.device  # otto's browser doesn't count as one that ada used
    assert sessions.find(staffed, "planted", HOME) is None


def test_a_code_is_good_once(staffed: Hub, clock: MovableClock) -> None:
    secret, session = new_secret(), signed_in(staffed, "ada")
    used = code_at(staffed, secret)
    account.switch_second_step_on(
        staffed, session, password=password_of("ada"), secret=secret, code=used,
        randomness=os.urandom,
    )  # fmt: skip
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada", code=used)  # whoever looked on while it was switched on
    clock.go_on(seconds=30)
    code = code_at(staffed, secret)
    try_in(staffed, "ada", code=code)
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada", code=code)
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada", code=code_at(staffed, secret, -30))  # older than the one used
    clock.go_on(minutes=5)
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada", code=code_at(staffed, secret, -90))


def test_a_code_sent_twice_at_the_same_moment_opens_one_session(staffed: Hub) -> None:
    secret, session = new_secret(), signed_in(staffed, "ada")
    code = code_at(staffed, secret, -30)
    account.switch_second_step_on(
        staffed, session, password=password_of("ada"), secret=secret, code=code,
        randomness=os.urandom,
    )  # fmt: skip
    code, entered = code_at(staffed, secret), []

    def run() -> None:
        with suppress(SignInRefused):
            entered.append(try_in(staffed, "ada", code=code))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 1


def test_codes_are_guessed_no_faster_than_passwords(staffed: Hub) -> None:
    secret, session = new_secret(), signed_in(staffed, "ada")
    account.switch_second_step_on(
        staffed, session, password=password_of("ada"), secret=secret,
        code=code_at(staffed, secret), randomness=os.urandom,
    )  # fmt: skip
    for number in range(TRIES_OF_LOGIN):
        with pytest.raises(SignInRefused):
            try_in(staffed, "ada", code=f"{number:06}", address=EVIL)
    assert refuse(staffed, "ada")


def test_a_new_password_ends_all_other_sessions(staffed: Hub) -> None:
    stolen = try_in(staffed, "ada")
    mine = try_in(staffed, "ada")
    account.change_password(
        staffed, session_of(staffed, mine), password_of("ada"), "nine calm rivers in autumn"
    )
    assert sessions.find(staffed, stolen.session, EVIL) is None
    assert sessions.find(staffed, mine.session, HOME) is not None
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada")


def test_a_reset_ends_sessions_tokens_and_known_browsers(staffed: Hub) -> None:
    admin = of_this_machine()
    stolen = try_in(staffed, "ada")
    made = tokens.make(
        staffed, admin, "ada", name="left behind", scopes=(), days=90, randomness=os.urandom
    )
    directory.reset(staffed, admin, "ada", second_step=False, randomness=os.urandom)
    assert sessions.find(staffed, stolen.session, EVIL) is None
    assert tokens.find(staffed, made.secret) is None
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada", device=stolen.device)
    with staffed.database.transaction():
        assert not PersonDeviceRow.select().exists()


def test_a_disabled_persons_sessions_and_tokens_are_good_no_more(staffed: Hub) -> None:
    admin = of_this_machine()
    entered = try_in(staffed, "otto")
    made = tokens.make(
        staffed, admin, "otto", name="map", scopes=(), days=90, randomness=os.urandom
    )
    assert tokens.find(staffed, made.secret) is not None
    directory.disable(staffed, admin, "otto")
    assert sessions.find(staffed, entered.session, HOME) is None
    assert tokens.find(staffed, made.secret) is None
    directory.enable(staffed, admin, "otto")
    assert sessions.find(staffed, entered.session, HOME) is None
    assert tokens.find(staffed, made.secret) is None


def test_whoever_finds_a_browser_signed_in_cant_take_the_account(staffed: Hub) -> None:
    session = signed_in(staffed, "ada")
    for _ in range(TRIES_OF_LOGIN):
        with pytest.raises(Refused, match="your password"):
            account.change_password(staffed, session, "a guess of mine", "my own new password")
    with pytest.raises(TooOften):
        account.switch_second_step_off(staffed, session, password=password_of("ada"))


def test_a_copy_of_the_database_opens_nothing(staffed: Hub) -> None:
    secret, session = new_secret(), signed_in(staffed, "ada")
    account.switch_second_step_on(
        staffed, session, password=password_of("ada"), secret=secret,
        code=code_at(staffed, secret), randomness=os.urandom,
    )  # fmt: skip
    entered = try_in(staffed, "otto")
    admin = of_this_machine()
    made = tokens.make(staffed, admin, "otto", name="x", scopes=(), days=9, randomness=os.urandom)
    link = directory.reset(staffed, admin, "peng", second_step=False, randomness=os.urandom)
    plain = {secret, entered.session, entered.device, made.secret, token_of(link)}
    plain |= {password_of(login) for login in ("ada", "otto", "peng")}
    tables = (PersonRow, PersonSessionRow, PersonDeviceRow, PersonLinkRow, ApiTokenRow)
    with staffed.database.transaction():
        kept = str([list(table.select().dicts()) for table in tables])
    assert not [one for one in plain if one in kept]


def test_a_flood_of_refusals_is_no_flood_of_lines(staffed: Hub) -> None:
    refusals = Refusals(time.monotonic)
    for number in range(60):
        given = Given(f"nobody-{number % 3}", "x", "", EVIL)
        with pytest.raises((SignInRefused, TooOften)):
            signing_in.sign_in(staffed, given, os.urandom, refusals)
    assert len(audit.entries(staffed, most=100, event="sign-in-refused")) <= 21
