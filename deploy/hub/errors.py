"""What goes wrong while a server becomes a hub: a message, and what to do about it."""

USAGE = 2  # the command, or what stands in a file that it names, is wrong
REFUSED = 5  # the machine isn't as it has to be; nothing was changed
FAILED = 9  # a step failed; run the same command again once its cause is gone
INTERRUPTED = 130  # by whoever typed it (SIGINT)


class InstallError(Exception):
    """Says what is wrong. `hint`: what to do; `exit_code`: of the command that it ends."""

    exit_code = FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class WrongWish(InstallError):
    """What was asked for can't be."""

    exit_code = USAGE


class NotReady(InstallError):
    """The machine isn't as it has to be. Nothing was changed."""

    exit_code = REFUSED


class StepFailed(InstallError):
    """A step failed. What was done before it stays, and is found done by the next run."""
