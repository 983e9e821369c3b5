"""`python -m deploy.image.radio wifi-test`."""

from deploy.image.radio.cli import main

main(prog_name="deploy/image")
