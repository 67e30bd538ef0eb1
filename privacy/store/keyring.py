"""Keys: seal personal values before they reach the database, and find them again by a keyed index.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce per value; the place ("table.column") is bound in as
associated data, so that a value copied into another column no longer opens. Every sealed value starts with
the id of its key: the newest key seals, all keys open. The index is HMAC-SHA-256 with its own derived key.
"""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
_KEY_ID = 4


class SealBroken(Exception):
    """A sealed value cannot be opened: wrong key, wrong place, or changed bytes."""


class Keyring:
    """Master keys, oldest first, each 32 bytes; the last one seals."""

    def __init__(self, masters: list[bytes]) -> None:
        if not masters or any(len(master) != 32 for master in masters):
            raise ValueError("a keyring needs at least one key of 32 bytes")
        self._sealing = {_key_id(m): AESGCM(_derive(m, b"vera seal")) for m in masters}
        self._newest = _key_id(masters[-1])
        # The index must find what older keys indexed, so it stays on the first key until it is rebuilt.
        self._index_key = _derive(masters[0], b"vera index")
        self._code_key = _derive(masters[0], b"vera code")

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """Read the key file, making it (readable by its owner only) where there is none."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"keys": [secrets.token_bytes(32).hex()]})
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                pass  # another process was first: use its key
            else:
                with os.fdopen(handle, "w") as file:
                    file.write(text)
        return cls([bytes.fromhex(key) for key in json.loads(path.read_text())["keys"]])

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt `text` for `place` ("table.column")."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._sealing[self._newest].encrypt(nonce, text.encode(), place.encode())
        return self._newest + nonce + sealed

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what `seal` made for the same place.

        Raises SealBroken.
        """
        key = self._sealing.get(bytes(sealed[:_KEY_ID]))
        if key is None:
            raise SealBroken(f"no key for a value of {place}")
        body = bytes(sealed[_KEY_ID:])
        try:
            return key.decrypt(body[:_NONCE], body[_NONCE:], place.encode()).decode()
        except InvalidTag:
            raise SealBroken(f"a value of {place} does not open") from None

    def index(self, normalised: str, purpose: str) -> str:
        """A keyed fingerprint (hex, 64 characters) to look a value up by equality without storing it."""
        return hmac.new(
            self._index_key, f"{purpose}\x00{normalised}".encode(), hashlib.sha256
        ).hexdigest()

    def fingerprint_code(self, challenge: str, code: str) -> str:
        """What is stored of a one-time code: useless without the key, bound to its challenge."""
        return hmac.new(
            self._code_key, f"{challenge}\x00{code}".encode(), hashlib.sha256
        ).hexdigest()


def _key_id(master: bytes) -> bytes:
    return hashlib.sha256(b"vera key id" + master).digest()[:_KEY_ID]


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master)
