"""`python -m deploy.image build`: what deploy/image/build starts."""

from deploy.image.cli import main

main(prog_name="deploy/image")
