"""What goes wrong with mail for the people who run Vera: sentences that say what to do.

No customer sees these. None of the texts holds an address of a customer, a code or a password.
"""


class MailSettingWrong(ValueError):
    """A mail setting cannot be used."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting


class MailServerUnreachable(Exception):
    """No mail can be handed over to the server now."""

    def __init__(self, host: str, port: int, reason: str, reply_code: int | None = None) -> None:
        super().__init__(
            f"The mail server {host}:{port} {reason}. "
            "Start it, or set VERA_SMTP_URL to the mail server to use."
        )
        self.host = host
        self.port = port
        self.reason = reason
        self.reply_code = reply_code


class TextGatewayUnreachable(Exception):
    """No text message can be handed over to the gateway now."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"The gateway for text messages {host}:{port} {reason}. "
            "Look whether VERA_SMS_URL names the right address, account and token."
        )


class UnknownLetter(LookupError):
    """There is no template for this kind of mail."""


class AddressUnusable(ValueError):
    """The address on file is none that a mail can go to."""
