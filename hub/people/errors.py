"""Errors of the way in."""

from content_packs.errors import Refused


class SignInRefused(Refused):
    """Login, password or code is wrong, or the person may not sign in; one error for all."""

    code = "sign-in-refused"

    def __init__(self) -> None:
        super().__init__(
            "the login, the password or the code is wrong",
            hint="Whoever lost one of them asks an administrator for a new link.",
        )
