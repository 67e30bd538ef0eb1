"""What the encoder is given of a message: the words, without what only distracts it, and never too many of them."""

from __future__ import annotations

import re

# Reading costs about 25 ms per hundred characters. The wish stands at the start or the end of a letter: its middle is left out.
MAX_HEAD = 600
MAX_TAIL = 200

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
SPACE = re.compile(r"\s+")
# Which e-mail address it was says nothing about the wish: email_7 is read as email_1.
PLACEHOLDER = re.compile(r"\b(email|phone|reference|value)_\d+\b")
# "nooooo" and "!!!!!!!!" carry no more than "nooo" and "!!!", and cost work.
REPEATED = re.compile(r"(.)\1{3,}", re.DOTALL)
SHOUTED_LETTERS = 4


def readable(text: str) -> str:
    """The text as the encoder should see it; safe to hand to a C library (no NUL, no lone surrogate)."""
    if len(text) > 20 * (MAX_HEAD + MAX_TAIL):
        text = text[: 10 * MAX_HEAD] + " " + text[-10 * MAX_TAIL :]
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = SPACE.sub(" ", CONTROL.sub(" ", text)).strip()
    text = PLACEHOLDER.sub(r"\1_1", REPEATED.sub(r"\1\1\1", text))
    if len(text) > MAX_HEAD + MAX_TAIL:
        text = text[:MAX_HEAD] + " " + text[-MAX_TAIL:]
    return text.lower() if is_shouted(text) else text


def is_shouted(text: str) -> bool:
    """Capitals throughout: the encoder knows such words less well than the same ones in small letters."""
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= SHOUTED_LETTERS and sum(map(str.isupper, letters)) > 0.7 * len(letters)


def has_words(text: str) -> bool:
    """False for empty messages, lone punctuation, emoji."""
    return any(character.isalnum() for character in text)
