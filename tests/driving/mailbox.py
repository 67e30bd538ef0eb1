"""What arrived by mail and as text messages, read from the sample company's mailbox. Waits for it, never for time."""

import re
import time
from typing import Any

import httpx

PATIENCE = 30.0


class Mailbox:
    """Everybody's mail at one address of the web."""

    def __init__(self, url: str) -> None:
        self._url = url

    def mails(self, address: str) -> list[dict[str, Any]]:
        """Everything for this address or number, newest first."""
        answer = httpx.get(
            f"{self._url}/api/messages", params={"to": address}, timeout=PATIENCE, trust_env=False
        )
        answer.raise_for_status()
        return list(answer.json())

    def codes(self, address: str) -> list[str]:
        """The codes that came to this address or number, newest first; a text message has no subject."""
        begin = [str(mail["subject"] or mail["text"]) for mail in self.mails(address)]
        return [words[:6] for words in begin if re.match(r"\d{6} ", words)]

    def next_code(self, address: str, before: int) -> str:
        """The newest code, once there are more than `before`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            codes = self.codes(address)
            if len(codes) > before:
                return codes[0]
            time.sleep(0.05)
        raise AssertionError(f"no code was sent to {address}")

    def letter(self, address: str, holding: str) -> dict[str, Any]:
        """The mail to this address that holds these words; waits for it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in self.mails(address):
                if holding in mail["text"]:
                    return mail
            time.sleep(0.05)
        raise AssertionError(f"no mail to {address} says {holding!r}")
