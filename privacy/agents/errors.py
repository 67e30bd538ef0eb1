"""What can go wrong for somebody at the desk's entrance: one class each, with a stable code."""

from typing import ClassVar, Literal

from privacy.errors import Problem

type Weakness = Literal["short", "long", "name", "same", "differ"]


class SignInFailed(Problem):
    """Name, password or code do not belong together; which of them is not told."""

    code: ClassVar[str] = "desk_sign_in_failed"


class SignInLater(Problem):
    """Too many failures: nobody is let in under this name for a while."""

    code: ClassVar[str] = "desk_sign_in_later"


class SetupFailed(Problem):
    """The set-up key is wrong, used or too old."""

    code: ClassVar[str] = "desk_setup_failed"


class CodeWrong(Problem):
    """The code of the authenticator does not fit, or was used before."""

    code: ClassVar[str] = "desk_code_wrong"


class PasswordWeak(Problem):
    """The password is too easily guessed."""

    code: ClassVar[str] = "desk_password_weak"

    def __init__(self, why: Weakness) -> None:
        super().__init__(f"password: {why}")
        self.why = why


class AgentUnknown(Problem):
    """Nobody has this name."""

    code: ClassVar[str] = "desk_agent_unknown"


class AgentExists(Problem):
    """Somebody has this name already."""

    code: ClassVar[str] = "desk_agent_exists"


class AgentOutside(Problem):
    """The account belongs to somebody at another desk: nobody signs in with it, and it has no role here."""

    code: ClassVar[str] = "desk_agent_outside"


class ProviderFailed(Problem):
    """The company's sign-in did not say who comes, or not in a way that can be believed."""

    code: ClassVar[str] = "desk_provider_failed"


class ProviderAway(Problem):
    """The company's sign-in cannot be reached now."""

    code: ClassVar[str] = "desk_provider_away"


class NoRole(Problem):
    """The company vouches for the person and gave them no role at the desk, or the desk lets them in no more."""

    code: ClassVar[str] = "desk_no_role"


class LoginTaken(Problem):
    """The company vouches for the person, and the desk's account with their login is not theirs yet."""

    code: ClassVar[str] = "desk_login_taken"


class PasswordsOff(Problem):
    """Nobody signs in with a password: the company's own sign-in alone counts."""

    code: ClassVar[str] = "desk_passwords_off"
