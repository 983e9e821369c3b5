"""A card's box has no console: what the site advises can be done on the site, or by hand.

A command stands on a page only where the page says first what else there is, folded away for boxes
that have a console.
"""

import re
from pathlib import Path

import sync_node.lan
from content_packs.po_files import read_po
from sync_node.lan.interface_language import INTERFACE_LANGUAGES, SOURCE_LANGUAGE
from tests.sync_node.lan.test_translations import messages

LAN = Path(sync_node.lan.__file__).parent
COMMAND = re.compile(r"sync-node [a-z]|\bsudo\b|systemctl|\breboot\b|poweroff</code>")
FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL)
FOR_CONSOLES = {"technician/sign_in.html", "technician/off.html"}


def test_no_page_asks_for_a_command_but_of_boxes_with_a_console() -> None:
    found = set()
    for place in (LAN / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", place.read_text(encoding="utf-8"), flags=re.DOTALL)
        name = place.relative_to(LAN / "templates").as_posix()
        assert not COMMAND.search(FOLDED.sub("", text)), name
        if COMMAND.search(text):
            found.add(name)
    assert found == FOR_CONSOLES


def test_no_message_has_a_command_in_any_language() -> None:
    said = {words for message in messages() for words in message}
    for language in INTERFACE_LANGUAGES:
        if language != SOURCE_LANGUAGE:
            place = LAN / "locale" / language / "LC_MESSAGES" / "site.po"
            catalogue = place.read_text(encoding="utf-8")
            assert read_po(catalogue, what=language)
            said |= set(re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', catalogue, re.MULTILINE))
    assert len(said) > 1_000
    assert [words for words in said if COMMAND.search(words)] == []
