"""python-tuf's client, without the HTTP library that it would load: its fetchers here are ours.

`tuf.ngclient` imports the fetcher that it falls back on, and with it urllib3: 45 modules that cost
each tick 20 ms and 2.4 MB on a fast machine, several times that on a small box. While it loads, a
module that does nothing stands in for that one. Nothing else of python-tuf is touched, and who
imports that fetcher by its place later gets the real one. tests/test_architecture.py looks at what
a tick loads.
"""

import sys
from types import ModuleType

_UNUSED = "tuf.ngclient.urllib3_fetcher"


class Urllib3Fetcher:
    """What python-tuf falls back on where it is given no fetcher. Here it always is."""


_STANDS_IN = _UNUSED not in sys.modules
if _STANDS_IN:
    sys.modules[_UNUSED] = ModuleType(_UNUSED)
    vars(sys.modules[_UNUSED])["Urllib3Fetcher"] = Urllib3Fetcher

from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig  # noqa: E402 - see above

if _STANDS_IN:
    del sys.modules[_UNUSED]

__all__ = ["FetcherInterface", "Updater", "UpdaterConfig"]
