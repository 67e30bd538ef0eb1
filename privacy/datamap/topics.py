"""Which part of the data map a customer's words mean: a value that may be corrected, a table, a
system, a category, a purpose.

A topic is a text: the id of a correction ("phone"), a category ("user.device.ip_address"), or one
with its kind in front: "table:shop.orders", "field:shop.orders.gift_note", "system:newsletter",
"purpose:deliver", "marketing". It knows words, not what is done with them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from privacy.datamap.categories import group, within
from privacy.datamap.model import DataMap
from privacy.datamap.parts import SystemPart

MARKETING: Final = "marketing"

# What customers call a category, beside the words of the map. The first is how it is said back.
_CALLED: Final[dict[str, str]] = {
    "user.contact.email": "your e-mail address|email|mail address|e-mail adresse|mailadresse",
    "user.contact.phone_number": "your phone number|phone|telephone|telephone number|mobile|mobile"
    " number|cell|cell number|cellphone|cell phone|telefon|telefonnummer|handynummer|handy",
    "user.contact.address": "your addresses|address|postal address|home address|delivery address|street"
    "|where i live|postcode|zip code|anschrift|adresse|adressen",
    "user.contact.fax_number": "your fax number|fax",
    "user.contact.organization": "the company you work for|company name|employer",
    "user.name": "your name|name|full name|surname|last name|first name|vorname|nachname|namen",
    "user.demographic.date_of_birth": "your date of birth|birthday|birth date|birthdate|day of birth"
    "|how old i am|age|geburtstag|geburtsdatum",
    "user.demographic.gender": "your gender|gender|sex|geschlecht",
    "user.demographic.language": "your language|language|sprache",
    "user.demographic.profile": "what we think interests you|interests|profiling|interest profile"
    "|segments|what you think i like|what you think of me|interessen",
    "user.device.ip_address": "your internet address|ip|ip address|internet address|ip adresse",
    "user.device": "what we know of your device|device|devices|browser|gerät",
    "user.device.cookie": "cookies of your browser|cookie|cookies",
    "user.authorization": "your sign-in secrets|password|passwords|passwort|login details",
    "user.financial.bank_account": "your bank account|bank account|iban|account number|bank details"
    "|bankverbindung|kontonummer",
    "user.financial.credit_card": "your payment card|credit card|card number|debit card|kreditkarte",
    "user.payment": "your payments|payment|payment details|billing|zahlung|zahlungen",
    "user.behavior.purchase_history": "your orders|purchase|purchases|purchase history|order history"
    "|shopping history|what i bought|things i bought|what i ordered|bestellungen|bestellung|einkäufe",
    "user.behavior": "what you looked at and clicked|clicks|click history|tracking|tracking data"
    "|browsing history|what i click|what i clicked|activity",
    "user.content": "your messages|messages|chats|chat history|conversations|nachrichten",
    "user.privacy_preferences": "your consents and choices|consent|consents|choices|einwilligungen",
    "user.location": "where you were|location|gps|standort",
    "user.government_id": "your identity documents|passport|id card|identity card|personalausweis",
    "user.health_and_medical": "your health details|health|medical data|gesundheitsdaten",
    "user.biometric": "your biometric details|fingerprint|face scan",
    "user.unique_id": "your customer number|customer number|client number|kundennummer",
}
_MARKETING_WORDS: Final = "marketing advertising advertisement ads ad promotion werbung"
_SYSTEM_NOUNS: Final = "message conversation question ticket chat history request record contact"
_STANDS_FOR_ANYBODY: Final = (
    " i me my mine you your yours we us our ours the a an mein meine meinen meiner meinem dein deine"
    " ihr ihre ihren unser unsere unseren der die das den dem des einem ich mir mich wir sie "
)
_WORD: Final = re.compile(r"\be[ -]mails?\b|[^\W_]+(?:['’][^\W_]+)*", re.IGNORECASE)
_ASKING: Final = ("when", "whether", "which", "how", "who", "why", "where", "what")
_SINGULAR: Final = ("alles",)
ANYBODY: Final = "~"

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A word in the form in which words are compared, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A topic that a text names with the tokens first to last (not included)."""

    topic: str
    first: int
    last: int


def tokens(text: str) -> list[Token]:
    """The words of a text, compared without case, plural and who speaks ("my" is "your")."""
    return [
        Token(_root(found[0].casefold()), found.start(), found.end())
        for found in _WORD.finditer(text)
    ]


def _root(word: str) -> str:
    word = re.sub(r"[ -]", "", word).replace("’", "'").removesuffix("'s")
    if f" {word} " in _STANDS_FOR_ANYBODY:
        return ANYBODY
    if word in _SINGULAR:
        return word
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _phrase(text: str) -> Phrase:
    words = [token.word for token in tokens(text)]
    while words and words[0] == ANYBODY:
        words.pop(0)
    return tuple(words)


class Topics:
    """The topics of one map and the phrases that mean them."""

    def __init__(self, datamap: DataMap) -> None:
        self._datamap = datamap
        self._phrases: dict[Phrase, str] = {}
        self.account: str | None = None
        for topic, text in self._named():
            phrase = _phrase(text)
            if phrase == ("account",):
                # Said alone it is the whole of what is held, and no part of it.
                self.account = self.account or topic
            elif phrase:
                self._phrases.setdefault(phrase, topic)
        self._widen()
        self._longest = max(map(len, self._phrases), default=0)

    def _widen(self) -> None:
        """Who says "my address" where addresses have a table means its rows, and not only what may
        be corrected in them."""
        tables = [
            f"table:{system_name}.{table_name}"
            for system_name, system in self._datamap.systems.items()
            for table_name in system.tables
        ]
        for name, correction in self._datamap.corrections.items():
            parts = {field for field, _ in _corrected(name, self._datamap)}
            called = _phrase(correction.label)
            for table in tables:
                if _phrase(name_of(table, self._datamap)) == called and parts <= {
                    *fields_of(table, self._datamap)
                }:
                    for phrase, topic in self._phrases.items():
                        self._phrases[phrase] = table if topic == name else topic

    def all(self) -> set[str]:
        """Every topic that can be named."""
        return {*self._phrases.values()}

    def find(self, words: list[Token]) -> list[Mention]:
        """The topics that are named, in the order of the text; the longest phrase wins."""
        found: list[Mention] = []
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                phrase = tuple(token.word for token in words[at : at + length])
                if phrase in self._phrases:
                    found.append(Mention(self._phrases[phrase], at, at + length))
                    at += length
                    break
            else:
                at += 1
        return found

    def _named(self) -> Iterator[tuple[str, str]]:
        """Topics with their phrases; of two topics with one phrase the first one counts."""
        datamap = self._datamap
        held = [
            part.category
            for system in datamap.systems.values()
            for table in system.tables.values()
            for part in table.fields.values()
        ]
        for name, correction in datamap.corrections.items():
            yield name, correction.label
            yield name, _spaced(name)
        for system_name, system in datamap.systems.items():
            yield f"system:{system_name}", system.label
            yield f"system:{system_name}", _spaced(system_name)
            for noun in _SYSTEM_NOUNS.split():
                yield f"system:{system_name}", f"{_spaced(system_name)} {noun}"
        for system_name, system in datamap.systems.items():
            for table_name, table in system.tables.items():
                *_, told_with = _with_parents(system_name, system, table_name)
                topic = f"table:{told_with}"
                yield topic, table.label
                if table.count_as:
                    yield topic, table.count_as.split("|")[0]
                yield topic, _spaced(table_name)
        for category, called in _CALLED.items():
            if any(within(one, category) for one in held):
                words = called.split("|")
                meant = self._corrected_as(category) or self._phrases.get(
                    _phrase(words[0]), category
                )
                for text in words:
                    yield meant, text
        for category in dict.fromkeys(held):
            yield category, group(category)
        for word in _MARKETING_WORDS.split():
            yield MARKETING, word
        for name in datamap.purposes:
            yield f"purpose:{name}", _spaced(name)
        for field in datamap.held():
            said = field.label.split()
            # "when" and "how many" are labels beside a value, and name nothing in a sentence.
            if len(said) > 2 or said[0] not in _ASKING:
                yield f"field:{field.id}", field.label

    def _corrected_as(self, category: str) -> str | None:
        """The correction that stands for a category: "phone" for phone numbers."""
        for system in self._datamap.systems.values():
            for table in system.tables.values():
                for part in table.fields.values():
                    if part.correct and within(part.category, category):
                        name = part.correct.split(".")[0]
                        if self._datamap.corrections.get(name):
                            return name
        return None


def topic_of(text: str, datamap: DataMap) -> str | None:
    """What a question such as "why do you have my phone number?" is about; None if it names
    nothing that the map knows."""
    mentions = Topics(datamap).find(tokens(text))
    # A table's or system's name may be said by the way ("the phone number in my account").
    mentions.sort(key=lambda mention: mention.topic.startswith(("system:", "purpose:")))
    return mentions[0].topic if mentions else None


def fields_of(topic: str, datamap: DataMap) -> tuple[str, ...]:
    """The ids of the fields that a topic means, in the order of the map; none for a topic that the
    map does not know."""
    kind, _, name = topic.partition(":")
    alike = _alike(topic, datamap)
    return tuple(
        f"{system_name}.{table_name}.{column}"
        for system_name, system in datamap.systems.items()
        for table_name, table in system.tables.items()
        for column, part in table.fields.items()
        if (
            (kind == "system" and name == system_name)
            or (kind == "table" and name in _with_parents(system_name, system, table_name))
            or (kind == "field" and name == f"{system_name}.{table_name}.{column}")
            or (kind == "purpose" and name in part.purpose)
            or (
                topic == MARKETING
                and all(datamap.purposes[purpose].is_marketing for purpose in part.purpose)
            )
            or (not name and (part.correct or "").split(".")[0] == topic)
            or (not name and part.category in alike)
            or (
                not name
                and within(part.category, topic)
                and group(part.category) == group(topic)  # "clicks" are not orders
            )
        )
    )


def _alike(topic: str, datamap: DataMap) -> frozenset[str]:
    """The categories of what a correction corrects: "my phone number" is also the one that is not corrected there."""
    correction = datamap.corrections.get(topic)
    if correction is None or correction.kind == "text":
        return frozenset()
    return frozenset(category for _, category in _corrected(topic, datamap))


def _corrected(name: str, datamap: DataMap) -> Iterator[tuple[str, str]]:
    """The id and the category of each field that a correction changes."""
    for system_name, system in datamap.systems.items():
        for table_name, table in system.tables.items():
            for column, part in table.fields.items():
                if (part.correct or "").split(".")[0] == name:
                    yield f"{system_name}.{table_name}.{column}", part.category


def details_of(system: SystemPart, table: str) -> Iterator[str]:
    """The tables that are told as part of this one: linked to it, and not counted themselves.

    What hangs on a person is no detail of the account, but stands for itself.
    """
    identity = system.tables[table].identity
    if identity is not None and identity.person == "row":
        return
    for name, other in system.tables.items():
        if (
            other.link
            and not other.identity
            and not other.count_as
            and other.link.table == table
            and name != table
        ):
            yield name


def _with_parents(system_name: str, system: SystemPart, table: str) -> Iterator[str]:
    """This table and those that it is told as part of."""
    seen: set[str] = set()
    at: str | None = table
    while at is not None and at not in seen:
        seen.add(at)
        yield f"{system_name}.{at}"
        at = next((parent for parent in system.tables if at in details_of(system, parent)), None)


def name_of(topic: str, datamap: DataMap) -> str:
    """How a topic is called in a sentence to the customer: "your phone number"."""
    kind, _, name = topic.partition(":")
    if topic in datamap.corrections:
        return datamap.corrections[topic].label
    if kind == "system" and name in datamap.systems:
        return f"what {datamap.systems[name].label} holds about you"
    if kind == "table" and len(own := name.split(".", 1)) == 2:
        return datamap.systems[own[0]].tables[own[1]].label
    if kind == "field":
        return datamap.field(name).label
    if topic == MARKETING:
        return "what we use for advertising"
    if kind == "purpose":
        return f"what we hold {datamap.purposes[name].why}"
    if topic in _CALLED:
        return _CALLED[topic].split("|")[0]
    return _yours(group(topic))


def _yours(words: str) -> str:
    return words if words.startswith(("what ", "other ")) else f"your {words}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def joined(parts: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; parts that have commas of their own are kept apart."""
    parts = list(parts)
    if len(parts) < 2:
        return "".join(parts)
    if any("," in part for part in parts):
        return "; ".join(parts[:-1]) + f"; {last} {parts[-1]}"
    return ", ".join(parts[:-1]) + f" {last} {parts[-1]}"
