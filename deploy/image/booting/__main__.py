"""`python -m deploy.image.booting`: what deploy/image/boot-test starts."""

from deploy.image.booting.cli import main

main(prog_name="deploy/image")
