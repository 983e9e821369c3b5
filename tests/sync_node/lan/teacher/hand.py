"""A hand at a browser: a finger on a screen, or fingers on a keyboard and nothing else."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

TABS_MAX = 400  # until whatever is looked for should have been reached


@dataclass(frozen=True)
class Hand:
    """What does the same with a touch and with keys alone. `keys`: with these."""

    page: Page
    keys: bool = False

    def press(self, what: Locator) -> None:
        """Press a button, a link or a summary; or tick a box."""
        target = what.first
        if not self.keys:
            target.click()
            return
        self._reach(target)
        self.page.keyboard.press("Space" if _is_box(target) else "Enter")

    def write(self, what: Locator, text: str) -> None:
        """Write into a field. A list of names comes from elsewhere: it is pasted."""
        target = what.first
        if self.keys:
            self._reach(target)
        if self.keys and "\n" not in text and target.get_attribute("type") != "date":
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            target.fill(text)

    def choose(self, what: Locator, text: str) -> None:
        """Choose one of a list by its text."""
        target = what.first
        if not self.keys:
            target.select_option(label=text)
            return
        self._reach(target)
        chosen = "(it) => it.selectedOptions.length ? it.selectedOptions[0].text : ''"
        self.page.keyboard.press("Home")
        for _ in range(target.locator("option").count()):
            if target.evaluate(chosen) == text:
                return
            self.page.keyboard.press("ArrowDown")
        assert target.evaluate(chosen) == text

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        handle = target.element_handle()
        for _ in range(TABS_MAX):
            if handle.evaluate("(it) => document.activeElement === it"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard doesn't reach {target}")


def _is_box(target: Locator) -> bool:
    return target.get_attribute("type") in {"checkbox", "radio"}
