"""Which interface of this box has an address.

Whoever joins a multicast group by an address joins it at the interface that has it at that time.
Where another one gets it, a radio in place of a cable or one that was plugged in again, nothing is
heard any more, though the address is what it was.
"""

import ifaddr


def index_of(address: str) -> int:
    """Return the number that the kernel gave the interface with an IPv4 address; 0 for none.

    A number isn't given twice while the box runs: an interface that comes back has another.
    """
    for adapter in ifaddr.get_adapters():
        if any(each.is_IPv4 and each.ip == address for each in adapter.ips):
            return adapter.index or 0
    return 0
