"""People who work at the hub: who they are, what they may, what they did."""
