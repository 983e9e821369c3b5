"""Errors of the way in.

```
Refused
├── SignInRefused   login, password or code is wrong; one error for all reasons
├── WrongPassword   somebody who is signed in typed another password than their own
├── WrongCode       the app shows another code
└── LinkSpent       a link to set a password by that is good no more, or never was
```
"""

from content_packs.errors import Refused


class SignInRefused(Refused):
    """Login, password or code is wrong, or the person may not sign in; one error for all."""

    code = "sign-in-refused"

    def __init__(self) -> None:
        super().__init__(
            "the login, the password or the code is wrong",
            hint="Whoever lost one of them asks an administrator for a new link.",
        )


class WrongPassword(Refused):
    """Somebody who is signed in typed another password than their own."""

    code = "wrong-password"

    def __init__(self) -> None:
        super().__init__("that isn't your password", hint="Type the one that you have now.")


class WrongCode(Refused):
    """The code isn't the one that an app with this secret shows."""

    code = "wrong-code"

    def __init__(self) -> None:
        super().__init__(
            "the code is wrong",
            hint="Scan the picture with the app, then type the six digits that it shows now. "
            "Look whether the telephone's clock is right.",
        )


class LinkSpent(Refused):
    """A link to set a password by that was used, is too old, or never was one."""

    code = "link-spent"

    def __init__(self) -> None:
        super().__init__(
            "this link is good no more: it was used, it is too old, or there is a newer one",
            hint="Ask an administrator of this hub for another.",
        )
