"""Somebody hears of what is wrong, once; and of its end."""

import hmac
import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from content_packs.errors import Missing, Refused, UsageError
from hub.alerts import addresses, keeping, mails, routes, watching, webhooks
from hub.alerts.findings import Finding
from hub.alerts.routes import Route
from hub.errors import Damaged
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from tests.hub.alerts.receivers import Hook, Mailbox, mail_server, webhook
from tests.hub.clients import MovableClock
from tests.support.certificates import NOW, authority

KEEPER = of_this_machine()
AUDITOR = Actor("lin", "auditor", "console")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as found:
        yield found


@pytest.fixture
def watched(hub: Hub, mailbox: Mailbox) -> Hub:
    """A hub that may send mail, and whose webhooks may lead to this machine."""
    config = replace(
        hub.config,
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_security="none",
        mail_from="hub@county.example",
        webhook_hosts="localhost",
        public_address="https://hub.county.example/",
        title="县 hub",
    )
    return replace(hub, config=config)


def add(hub: Hub, kind: routes.Kind, address: str, *reasons: str, language: str = "en") -> Route:
    return routes.add(
        hub, KEEPER, kind=kind, address=address, reasons=reasons, language=language,
        randomness=os.urandom,
    )  # fmt: skip


def look(hub: Hub, *found: Finding, reason: str = "overdue") -> watching.Watched:
    return watching.watch(hub, {reason: lambda _hub: found})


def test_without_a_route_nothing_is_sent_and_all_is_kept(watched: Hub, mailbox: Mailbox):
    look(watched, Finding("overdue", "qamdo-1"))
    assert not mailbox.mails
    assert [alert.subject for alert in keeping.listed(watched, KEEPER)] == ["qamdo-1"]


def test_a_mail_says_what_is_wrong_once_and_that_it_has_ended(
    watched: Hub, mailbox: Mailbox, clock: MovableClock
):
    add(watched, "email", "officer@county.example")
    found = [Finding("overdue", f"qamdo-{number}", "9 days") for number in range(30)]
    assert look(watched, *found).told == 1
    assert look(watched, *found).told == 0
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Auto-Submitted"]) == ("officer@county.example", "auto-generated")
    assert mail["Subject"] == (
        "县 hub: Boxes that are silent for longer than is usual for them (and 29 more)"
    )
    text = mail.get_content()
    assert "- qamdo-0, since 2026-01-01 08:00: 9 days" in text
    assert "- and 18 more" in text
    assert "https://hub.county.example/console/" in text
    clock.go_on(hours=2)
    assert look(watched, *found[1:]).ended == 1
    assert "No longer so\n- qamdo-0" in mailbox.mails[1].get_content().replace("\r\n", "\n")
    clock.go_on(hours=2)
    assert look(watched, *found[1:]).told == 0


def test_a_webhook_is_sent_json_that_it_can_trust(watched: Hub, hook: Hook):
    route = add(watched, "webhook", hook.url)
    look(watched, Finding("overdue", "qamdo-1"))
    (said,) = hook.said
    assert [alert["subject"] for alert in said["begun"]] == ["qamdo-1"]
    assert said["begun"][0]["reason"] == "overdue"
    (body,) = hook.bodies
    assert hmac.compare_digest(webhooks.signature(body, route.secret), hook.signatures[0])


def test_who_reads_chinese_is_told_in_chinese(watched: Hub, mailbox: Mailbox):
    add(watched, "email", "officer@county.example", language="zh")
    look(watched, Finding("overdue", "qamdo-1"))
    assert "设备" in mailbox.mails[0]["Subject"]


def test_a_route_that_fails_is_tried_again_and_says_so(
    watched: Hub, mailbox: Mailbox, hook: Hook, clock: MovableClock
):
    add(watched, "email", "officer@county.example")
    add(watched, "webhook", hook.url)
    mailbox.refuses = True
    went = look(watched, Finding("overdue", "qamdo-1"))
    assert "doesn't take it" in went.problems[0]
    assert went.told == 1, "the other route is told all the same"
    assert {route.failures for route in routes.listed(watched, KEEPER)} == {0, 1}
    mailbox.refuses = False
    clock.go_on(minutes=1)
    assert look(watched, Finding("overdue", "qamdo-1")).told == 1
    assert {route.failures for route in routes.listed(watched, KEEPER)} == {0}


def test_a_source_that_fails_ends_nothing(watched: Hub):
    look(watched, Finding("overdue", "qamdo-1"))

    def damaged(_hub: Hub) -> list[Finding]:
        raise Damaged("hub.db: no")

    went = watching.watch(watched, {"overdue": damaged})
    assert went.problems == ("overdue: hub.db: no",)
    assert len(keeping.open_now(watched)) == 1


def test_a_redirect_of_a_webhook_is_not_followed(watched: Hub, hook: Hook):
    add(watched, "webhook", hook.url)
    hook.status, hook.headers = 307, {"Location": "/elsewhere"}
    went = look(watched, Finding("overdue", "qamdo-1"))
    assert "answered 307" in went.problems[0]
    assert hook.paths == ["/hook"]


def test_a_name_that_turns_private_later_is_not_asked(watched: Hub, hook: Hook):
    public = "https://alarm.example/hook"
    add(watched, "webhook", public)
    went = watching.watch(
        watched,
        {"overdue": lambda _hub: [Finding("overdue", "qamdo-1")]},
        resolve=lambda _host, _port: ["127.0.0.1"],
    )
    assert "isn't public" in went.problems[0]
    assert not hook.bodies


def test_a_webhook_over_tls_is_held_to_its_name(tmp_path: Path):
    ours = authority(NOW)
    trusting = ssl.create_default_context(cadata=ours.pem.decode())
    with webhook(ours.server(tmp_path, "localhost").context()) as hook:
        target = replace(addresses.parse(hook.url), address="127.0.0.1")
        webhooks.post(target, b"{}", "secret", trusting)
        assert hook.bodies == [b"{}"]
        with pytest.raises(Refused, match="can't be reached"):
            webhooks.post(replace(target, host="alarm.example"), b"{}", "secret", trusting)


def test_mail_goes_over_starttls_with_its_password(
    watched: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ours = authority(NOW)
    monkeypatch.setenv(mails.PASSWORD_VARIABLE, "quiet word")
    trusting = ssl.create_default_context(cadata=ours.pem.decode())
    with mail_server(ours.server(tmp_path, "localhost").context()) as box:
        secure = replace(
            watched.config,
            smtp_host="localhost",
            smtp_port=box.port,
            smtp_security="starttls",
            smtp_user="hub",
        )
        mails.send(replace(watched, config=secure), "a@county.example", "Hello", "Hi\n", trusting)
        assert box.logins == [("hub", "quiet word")]
        assert len(box.mails) == 1
        with pytest.raises(Refused, match="doesn't take it"):
            mails.send(replace(watched, config=secure), "a@county.example", "Hello", "Hi\n")


def test_words_from_a_box_put_no_lines_into_a_mail(watched: Hub, mailbox: Mailbox):
    add(watched, "email", "officer@county.example")
    look(watched, Finding("overdue", "qamdo-1\r\nBcc: all@county.example", "a\n\nb\x1b[2J"))
    text = mailbox.mails[0].get_content().replace("\r\n", "\n")
    assert mailbox.mails[0]["Bcc"] is None
    assert text.count("\n- ") == 1
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("email", "officer"), ("email", "a@b\r\nBcc: c@d"), ("email", "a b@c.example"),
        ("email", "<a@c.example>"), ("webhook", "http://alarm.example/"),
        ("webhook", "https://u:p@alarm.example/"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused(watched: Hub, kind: routes.Kind, address: str):
    with pytest.raises(UsageError):
        add(watched, kind, address)
    assert not routes.listed(watched, KEEPER)


def test_only_who_keeps_the_hub_going_sets_routes_and_it_is_written_down(watched: Hub):
    with pytest.raises(Refused):
        routes.add(
            watched, AUDITOR, kind="webhook", address="https://alarm.example/",
            randomness=os.urandom,
        )  # fmt: skip
    with pytest.raises(Refused):
        routes.listed(watched, AUDITOR)
    made = add(watched, "webhook", "https://alarm.example/")
    assert routes.listed(watched, KEEPER)[0].secret == "", "shown once"
    routes.remove(watched, KEEPER, made.id)
    with pytest.raises(Missing):
        routes.remove(watched, KEEPER, made.id)
    events = [entry.event for entry in audit.entries(watched, most=2)]
    assert events == ["alert-route-removed", "alert-route-added"]


def test_a_trial_says_that_it_is_one(watched: Hub, mailbox: Mailbox):
    made = add(watched, "email", "officer@county.example")
    watching.try_out(watched, KEEPER, made.id)
    assert "this is a test" in mailbox.mails[0].get_content()
    assert not keeping.open_now(watched)
