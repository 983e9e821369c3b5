"""axe-core looks at a page as it stands in the browser, and tells what breaks WCAG 2.2 AA.

`scripts/front_assets.py` brings it into the checkout; it is part of no wheel.
"""

from functools import cache

from playwright.sync_api import Page

from tests.support.source_code import CHECKOUT

AXE = CHECKOUT / ".cache" / "front" / "node_modules" / "axe-core" / "axe.min.js"
# The rules of WCAG 2.2 AA, and what axe's makers hold for good practice.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is in a frame is a pack's, not ours: an app is as good as its author made it.
_RUN = """(tags) => axe.run(document, {
  runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false,
  rules: { "target-size": { enabled: true } } })
  .then((found) => found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id} (${rule.impact}): ${rule.help}: ${node.html.slice(0, 160)} ` +
    node.any.concat(node.all, node.none).map((check) => check.message).join("; "))))"""


@cache
def _source() -> str:
    assert AXE.is_file(), "run scripts/front_assets.py first, as scripts/test does"
    return AXE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, a line for each element."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, _TAGS)
    return found
