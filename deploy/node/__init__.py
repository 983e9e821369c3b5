"""What a box needs around Satchel. Stdlib only: it runs as root, outside of the venv."""
