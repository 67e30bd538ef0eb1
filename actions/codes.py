"""What is said about a code: that it was sent, and how its check went."""

from actions.step import Turn
from privacy.conversations.placeholders import shown


async def no_code_awaited(turn: Turn) -> bool:
    """Whether no code is open that could still be typed."""
    return await turn.do(turn.vera.verification.awaited, turn.conversation) is None


async def is_of_another_code(turn: Turn, outcome: str) -> bool:
    """Whether an outcome belongs to a code of before: another one was sent since, in this very turn.

    Rasa fills a form that opens with what the newest message held, and that message was the other code.
    """
    return outcome == "accepted" and not await no_code_awaited(turn)


async def say_outcome(turn: Turn, outcome: str) -> None:
    """Say how the check of a code went, and what to do next."""
    if outcome in ("expired", "none"):
        await turn.do(turn.vera.verification.resend, turn.conversation, turn.id)
        say_sent(turn, "utter_code_expired", turn.slot("contact"))
    elif outcome == "wrong":
        tries = int(turn.entity("tries") or 0)
        turn.say("utter_code_wrong_last" if tries == 1 else "utter_code_wrong", tries=tries)
    elif outcome in ("date", "length", "unread"):
        turn.say(f"utter_code_{outcome}")


def say_sent(turn: Turn, response: str, token: str | None) -> None:
    """Where a code goes, if anywhere, and how long it works."""
    turn.say(
        response,
        contact=shown(token, masked=True) if token else "the address you gave",
        minutes=turn.vera.policy.codes.minutes,
    )
