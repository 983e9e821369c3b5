"""What a box needs around Satchel. Only the standard library: it runs as root, outside of the venv."""
