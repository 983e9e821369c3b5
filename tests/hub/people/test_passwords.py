"""Which passwords are taken, and how they are kept."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import UsageError
from hub.people import passwords


@pytest.mark.parametrize(
    "password",
    [
        "short", "123456789", "          ", "aaaaaaaaaaaaaaa", "1234567890", "0987654321",
        "abcdefghijkl", "qwertyuiop", "qwertyuiop12", "password123", "Passw0rd1!", "adaadaada1",
        "ada1234567890", "woaini1314", "iloveyou12", "x" * 2_000, "",
    ],
)  # fmt: skip
def test_what_anybody_would_try_first_is_refused(password: str) -> None:
    with pytest.raises(UsageError, match="password"):
        passwords.check(password, "ada")


@pytest.mark.parametrize(
    "password",
    [
        "four blue horses",
        "T7#kv_92mQ",
        "correct horse battery staple",
        "春眠不觉晓处处闻啼鸟",
        "my password is a long one",
    ],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    passwords.check(password, "ada")


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_breaks_the_check(password: str, login: str) -> None:
    with suppress(UsageError):
        passwords.check(password, login)
        assert len(password) >= 5  # NFKC makes one sign into several


def test_a_password_is_kept_as_argon2id_and_salted() -> None:
    kept = passwords.hashed("four blue horses")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != passwords.hashed("four blue horses")
    assert passwords.verify(kept, "four blue horses")
    assert not passwords.verify(kept, "four blue horseS")
    assert not passwords.is_dated(kept)


def test_what_is_kept_of_nobody_opens_nothing() -> None:
    for kept in ("", "x", "$argon2id$v=19$m=19456,t=2,p=1$"):
        for password in ("", "\x00of nobody", "x"):
            assert not passwords.verify(kept, password)


def test_a_huge_password_costs_no_more_than_another() -> None:
    kept = passwords.hashed("four blue horses")
    begun = time.process_time()
    assert not passwords.verify(kept, "x" * 60_000)
    assert time.process_time() - begun < 2


def test_a_password_of_earlier_parameters_is_dated() -> None:
    assert passwords.is_dated("$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
