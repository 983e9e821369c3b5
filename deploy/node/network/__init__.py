"""The school's network: Wi-Fi or access points, addresses, names, a packet filter (README.md)."""
