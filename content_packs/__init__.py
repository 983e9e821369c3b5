"""What a pack is, on disk and on the wire. No network, no database, no clock."""
