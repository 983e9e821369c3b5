"""The units of a box, and what they run: stdlib only, as root."""
