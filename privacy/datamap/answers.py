"""What the bot says when it is asked why something is held, who gets it, how long it is kept and
where it comes from: plain sentences, made of the pieces of the map.

Pieces of several systems are merged, so that nothing is said twice. It says what the map says; what
is really held of somebody is told to it (`held`).
"""

import re
from collections.abc import Callable, Collection
from typing import Final, Literal

from privacy.datamap.model import DataMap, Held
from privacy.datamap.topics import fields_of, joined, name_of, topic_of

__all__ = ["Question", "answer", "question_of", "topic_of"]

Question = Literal["why", "who", "how_long", "where_from", "all"]

# In this order: "how long do you keep it and who gets it" asks for more than one and gets all.
_ASKED: Final[tuple[tuple[Question, str], ...]] = (
    ("how_long", r"how long|until when|when (?:do|will) you (?:delete|erase|remove)|wie lange"),
    (
        "who",
        r"who (?:else )?(?:gets?|got|has|have|sees?|saw|receives?|received|can see)"
        r"|(?:share|shared|sharing|sell|sold|pass|passed|give|given|disclose|disclosed)\b"
        r".{0,40}\b(?:with|to|on)\b|third part|whom?\b|wer bekommt|an wen|weiter(?:ge|zu)",
    ),
    (
        "where_from",
        r"where (?:did|do|have) you (?:get|got|have|find|take)|where .{0,30}\bfrom\b|how did you"
        r" (?:get|find|know|obtain)|source|woher",
    ),
    (
        "why",
        r"\bwhy\b|what .{0,30}\bfor\b|reason|purpose|what do you (?:do|use)|need|warum|wozu|wofür",
    ),
)


def question_of(text: str) -> Question:
    """What is asked; "all" where it is more than one thing or none."""
    asked = [kind for kind, pattern in _ASKED if re.search(pattern, text, re.IGNORECASE)]
    if "why" in asked and len(asked) == 2 and "who" not in asked:
        asked.remove("why")  # "why do you keep it so long" has its own word
    return asked[0] if len(asked) == 1 else "all"


def answer(
    datamap: DataMap, topic: str, question: Question, held: Collection[str] | None = None
) -> str:
    """The sentences that answer `question` about `topic` (see `topics`).

    `held`, the ids of fields, limits it to what is held of the customer who asks. The text is plain
    and at most about five sentences long; it is empty for a topic that the map does not know.
    """
    fields = [datamap.field(name) for name in fields_of(topic, datamap)]
    if not fields:
        return ""
    name = name_of(topic, datamap)
    own = [field for field in fields if held is None or field.id in held]
    if not own:
        return f"We do not hold {name}."
    it = _pronoun(name)
    says: dict[Question, Callable[[], list[str]]] = {
        "why": lambda: _why(own, name),
        "where_from": lambda: _where_from(own, it),
        "who": lambda: _who(own, it, datamap.company),
        "how_long": lambda: _how_long(datamap, own, it),
    }
    chosen = list(says) if question == "all" else [question]
    sentences = [sentence for kind in chosen for sentence in says[kind]()]
    if question == "all" and all(field.never_disclose for field in own):
        sentences.append(f"We never show {it}, neither here nor in a download.")
    return " ".join(sentences)


def _why(own: list[Held], name: str) -> list[str]:
    by_ground: dict[str, list[str]] = {}
    for field in own:
        for purpose in field.purposes:
            whys = by_ground.setdefault(purpose.because, [])
            if purpose.why not in whys:
                whys.append(purpose.why)
    if len(by_ground) == 1:
        [(because, whys)] = by_ground.items()
        return [f"We hold {name} {joined(whys)}.", f"We may, because {because}."]
    reasons = [f"{joined(whys)}, because {because}" for because, whys in by_ground.items()]
    return [f"We hold {name} {'; '.join(reasons[:-1])}; and {reasons[-1]}."]


def _who(own: list[Held], it: str, company: str) -> list[str]:
    told: dict[str, str] = {}
    for field in own:
        for recipient in field.recipients:
            outside = ", outside Europe" if recipient.outside_europe else ""
            told[recipient.who] = f"{outside}, {recipient.what_for}"
    if not told:
        return [f"Nobody outside {company} gets {it}."]
    [*others, (who, why)] = told.items()
    if not others and not re.search(r",| and ", who):
        return [f"{_capital(who)} gets {it}{why}."]
    if not others:
        return [f"We pass {it} on to {who}{why}."]
    listed = "; ".join(f"{who}{why}" for who, why in others)
    return [f"We pass {it} on to {listed}; and {who}{why}."]


def _how_long(datamap: DataMap, own: list[Held], it: str) -> list[str]:
    sentences = [f"We keep {it} {_by_system(own)}."]
    some = it if all(field.on_delete.act == "keep" for field in own) else f"part of {it}"
    kept = {
        (datamap.retentions[field.on_delete.until].words, field.on_delete.because): None
        for field in own
        if field.on_delete.act == "keep" and field.on_delete.until
    }
    for until, because in kept:
        some = "they" if some == "them" else some
        stays = "stay" if some == "they" else "stays"
        sentences.append(f"When you delete your data, {some} {stays} {until}, because {because}.")
    return sentences


def _where_from(own: list[Held], it: str) -> list[str]:
    return [f"We have {it} {joined(dict.fromkeys(field.source for field in own))}."]


def _by_system(own: list[Held]) -> str:
    """The different periods, each with the systems that it holds for, where they differ."""
    systems: dict[str, list[str]] = {}
    for field in own:
        labels = systems.setdefault(field.retention.words, [])
        if field.system_label not in labels:
            labels.append(field.system_label)
    if all(labels == [own[0].system_label] for labels in systems.values()):
        return joined(systems)
    return joined(f"{words} ({joined(labels)})" for words, labels in systems.items())


def _pronoun(name: str) -> str:
    last = name.split()[-1].casefold()
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    return "them" if plural and not name.startswith("what ") else "it"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
