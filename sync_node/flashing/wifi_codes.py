r"""What a phone's camera joins a Wi-Fi by: the text of its QR code.

`WIFI:T:WPA;S:name;P:passphrase;;`, as ZXing wrote it down and both big systems read it. A
backslash stands before each of `\ ; , : "`.
"""

import re

from content_packs.card_seeds import Wifi

_SPECIAL = re.compile(r'([\\;,:"])')


def text_of(wifi: Wifi) -> str:
    """Return the text of the QR code by which a phone joins this Wi-Fi."""
    name = _SPECIAL.sub(r"\\\1", wifi.name)
    if not wifi.passphrase:
        return f"WIFI:T:nopass;S:{name};;"
    secret = _SPECIAL.sub(r"\\\1", wifi.passphrase)
    return f"WIFI:T:WPA;S:{name};P:{secret};;"
