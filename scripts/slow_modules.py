#!/usr/bin/env python3
"""Says which test modules are left out of a quick `scripts/test`, for tests/slow.txt.

    scripts/test --ci --junitxml=took.xml
    scripts/slow_modules.py took.xml > tests/slow.txt

The modules that take longest, as many as have to go for the rest to take SECONDS of tests in all
(tests that run side by side count each). Standard library only.
"""

import argparse
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SECONDS = 720.0  # with what comes before, some five minutes on two cores
HEAD = (
    "# Modules that a quick scripts/test leaves out; CI runs them, and scripts/test --all.\n"
    "# Made by scripts/slow_modules.py from the seconds that all of them took.\n"
)


def took(report: Path, checkout: Path = CHECKOUT) -> Counter[str]:
    """Return the seconds of each module of a JUnit report, by its path in the checkout."""
    found: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # pytest's own
        parts = case.get("classname", "").split(".")
        while parts and not (checkout / "/".join(parts)).with_suffix(".py").is_file():
            parts.pop()  # a class, behind its module
        if parts:
            found["/".join(parts) + ".py"] += float(case.get("time", "0"))
    return found


def slow(seconds_of: Mapping[str, float], most: float) -> list[str]:
    """Return the modules that have to go, in order of their names. Pure."""
    left, gone = sum(seconds_of.values()), []
    for module, seconds in sorted(seconds_of.items(), key=lambda each: (-each[1], each[0])):
        if left <= most:
            break
        left -= seconds
        gone.append(module)
    return sorted(gone)


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, help="what pytest wrote: --junitxml=FILE")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of tests that are left")
    given = parser.parse_args()
    try:
        found = took(given.report)
    except (OSError, ET.ParseError) as error:
        sys.exit(f"{given.report}: isn't pytest's report: {error}")
    sys.stdout.write(HEAD + "".join(f"{module}\n" for module in slow(found, given.seconds)))


if __name__ == "__main__":
    main()
