"""What changes about keys and publishers stands in the audit log, with who did it."""

from pathlib import Path

from content_packs import publishing_keys
from hub.hub import Hub
from tests.hub.commands import Commands


def test_changes_of_keys_say_who_did_them(hub: Hub, tmp_path: Path) -> None:
    typed = Commands(hub.data.root)
    typed.say("keys", "rotate", "main")
    typed.say("keys", "revoke", "timestamp")
    press = publishing_keys.make(tmp_path / "press", None)
    typed.say("publishers", "add", "river-press", "--key", press.public, "--packs", "demo*")
    typed.say("publishers", "add", "river-press", "--key", press.public, "--packs", "demo*")
    typed.say("publishers", "remove", "river-press")
    typed.say("publishers", "remove", "river-press")
    found = typed.json("audit")["entries"]
    assert [entry["event"] for entry in found if not entry["event"].startswith("status")] == [
        "publisher-removed", "publisher-added", "key-revoked", "key-rotated",
    ]  # fmt: skip
    assert {entry["actor"].partition(":")[0] for entry in found} == {"command"}
    assert found[0]["reason"] == "river-press: demo*"
    assert found[-1]["reason"].startswith("c-main: ")
    assert "The log is as it was written." in typed.say("audit", "verify")
