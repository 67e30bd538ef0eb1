"""Partial wishes: which part of what is held a customer's sentence is about.

"Only my orders", "everything except the newsletter", "my addresses since 2023". It limits a wish
only where the sentence says so: one that names no part, or names everything, is a wish for the
whole. What was understood is read back (`describe`) before anything is done.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from privacy.datamap.model import DataMap
from privacy.datamap.periods import Period, periods
from privacy.datamap.reading_back import words_of
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.datamap.topics import Token, Topics, fields_of, tokens

_PART, _WHEN = "§", "¤"

# Words as `tokens` gives them: "~" stands for I, you, my, your, the …
_VERBS: Final = (
    "delete|erase|remove|wipe|clear|drop|destroy|purge|forget|scrub|show|see|view|display|list|send|give|get|download"
    "|export|copy|want|need|like|read|look|have|access|provide|know|transfer|backup|save|request"
    "|lösche|löschen|lösch|entferne|entfernen|zeig|zeige|zeigen|schick|schicke|sende|herunterladen|exportiere"
    "|möchte|will|sehen|haben|brauche"
)
_FILL: Final = (
    "~|all|every|each|any|of|and|or|plus|also|as|well|both|data|detail|detail|information|info|record|entry|file|about|"
    "old|older|past|previous|stored|saved|current|at|on|in|from|with|to|up|out|please|a|an|this|that|these|those|part|"
    "copy|list|history|overview|what|which|have|hold|held|got|keep|kept|know|use|used|for|u|everything|anything|related|regarding|"
    "concerning|alle|alles|von|aus|zu|und|oder|sowie|über|daten|bitte|mal|eine|einen|kopie|thing|stuff"
)
_ONLY: Final = r"only|just|solely|exclusively|merely|nothing but|nothing except|nothing other than|nur|bloss|lediglich|ausschliesslich"
_EXCEPT: Final = (
    r"except|excepting|excluding|exclude|apart from|aside from|other than|beside|but not|not|without|minu|leave out|"
    r"but keep|keep|but leave|leave|retain|preserve|spare|but for|save for|do not delete|don't delete|do not remove|"
    r"don't remove|don't touch|do not touch|ausser|ohne|bis auf|nicht|behalte|behalten|aber nicht|mit ausnahme von"
)
_WHOLE: Final = (
    r"everything|all of it|all of them|whole (?:lot|account)|alle?s"
    r"|(?:all|every|any|complete|entire|full|sämtliche|alle|whole|~)(?: (?:of|~|all|personal|private|customer|user|complete|entire"
    r"|whole|full|meine|persönlichen))*"
    r" (?:data|information|info|detail|account|profile|thing|stuff|daten|konto|kundenkonto|benutzerkonto)"
    r"|account|konto|every thing|every bit|each and every"
)
_TAIL: Final = (
    r"(?!(?: (?:~|all|that|which|data|have|hold|held|got|keep|kept|store|stored|know|collected|use|used|to|do))*"
    r" (?:about|from|in|of|on|for|regarding|concerning|with|zu|über|aus)(?: (?:~|all|data|about|in|from|of|with|to))* §)"
)
_CLAUSE: Final = re.compile(r"[.!?;:\n]+(?=\s|$)|,|\bbecause\b|\bsince i\b|\bweil\b", re.IGNORECASE)
_GUARDED: Final = re.compile(
    r"\b(?:customer|member|client|subscriber|user|shopping|born|birthday|joined|registered|signed|been|opened|moved|"
    r"started|customers?|kunde|kundin|mitglied|geboren|asked|wrote|requested|told|married|called|contacted|cancelled)\b"
    r"(?:\W+\w+){0,3}\W*$",
    re.IGNORECASE,
)
_MAILED: Final = re.compile(r"\be-?mail me\b", re.IGNORECASE)

# Possessive throughout: a long message costs no more than its length.
_SIGN: Final = r"§\d+|¤"
_CHAIN: Final = rf"(?: (?:{_FILL}|{_SIGN})(?= |$))"
_ASKING: Final = rf"(?: (?:{_FILL}|{_VERBS}|{_SIGN})(?= |$))"

_only: Final = re.compile(rf"(?:^| )(?:{_ONLY})((?:{_ASKING})*+)")
_object: Final = re.compile(rf"(?:^| )(?:{_VERBS})((?:{_ASKING})++)")
_first: Final = re.compile(rf"^((?:(?:^| )(?:{_FILL}|{_SIGN})(?= |$))++)$")
_except: Final = re.compile(rf"(?:^| )(?:{_EXCEPT})((?:{_CHAIN})++)")
_kept: Final = re.compile(
    rf"(?:^| )(?:don't|do not|not) want((?:{_CHAIN})++)(?: be)?"
    r"(?: (?:deleted|removed|erased|gone|touched|lost|gelöscht))"
)
_whole: Final = re.compile(rf"(?:^| )(?:{_WHOLE}){_TAIL}(?= |$)")
_account_only: Final = re.compile(rf"(?:^| )(?:{_ONLY})(?: ~)? account(?= |$)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence is about: the scope, the topics it named, and words to read it back."""

    scope: Scope
    topics: tuple[str, ...]
    words: str


def read_wish(text: str, datamap: DataMap, today: date) -> Wish:
    """The part of what is held that `text` asks for; the whole where it limits nothing."""
    text = _MAILED.sub("send me", text)
    found = [
        period
        for period in periods(text, today)
        if not _GUARDED.search(text[max(0, period.start - 60) : period.start])
    ]
    topics = Topics(datamap)
    read = [_read_clause(clause, topics) for clause in _clauses(text, found)]
    days = [period for clause in read for period in clause.periods]
    excluded = [topic for clause in read for topic in clause.excluded]
    included = [topic for clause in read for topic in clause.only]
    if not included and not any(clause.whole for clause in read):
        included = [topic for clause in read for topic in clause.asked]
        if not included and all(clause.names_only for clause in read):
            included = [topic for clause in read for topic in clause.named]
    fields = _fields(datamap, included, excluded)
    since = max((day.since for day in days if day.since), default=None)
    until = min((day.until for day in days if day.until), default=None)
    if (since and until and since > until) or fields == frozenset():
        return Wish(EVERYTHING, (), describe(EVERYTHING, datamap))
    if since or until:
        dated = _dated(datamap, fields)
        if not dated:  # nothing that is named has a date
            since = until = None
        fields = dated or fields
    scope = Scope(fields, since, until)
    if scope.is_all:
        included = excluded = []
    return Wish(scope, tuple(dict.fromkeys([*included, *excluded])), describe(scope, datamap))


def names_all(text: str) -> bool:
    """Does the text name the whole of what is held: "all", "everything", "my whole account"?"""
    words = "".join(f" {token.word}" for token in tokens(text))
    return words == " all" or _whole.search(words) is not None


def describe(scope: Scope, datamap: DataMap) -> str:
    """The scope in the customer's words: "your orders and what you ordered, from 1 January 2023"."""
    return words_of(scope, datamap)


def whole_tables(scope: Scope, datamap: DataMap) -> frozenset[str]:
    """ "system.table" of every table of which the scope covers each field; a range of days limits
    its rows, not its fields."""
    return frozenset(
        f"{system_name}.{table_name}"
        for system_name, system in datamap.systems.items()
        for table_name, table in system.tables.items()
        if all(scope.covers(f"{system_name}.{table_name}.{column}") for column in table.fields)
    )


@dataclass(slots=True)
class _Clause:
    text: str
    periods: list[Period]


def _clauses(text: str, found: list[Period]) -> list[_Clause]:
    """The text at its commas and full stops, without cutting a date in two."""
    cuts = [0]
    for match in _CLAUSE.finditer(text):
        inside = any(period.start <= match.start() < period.end for period in found)
        if not inside and not _listing(text, match):
            cuts.append(match.end())
    cuts.append(len(text))
    return [
        _Clause(
            text[start:end],
            [
                Period(p.since, p.until, p.start - start, p.end - start, p.kind)
                for p in found
                if start <= p.start < end
            ],
        )
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]


def _listing(text: str, comma: re.Match[str]) -> bool:
    """Is this the comma of "my orders, invoices and addresses"?"""
    if comma[0] != ",":
        return False
    rest = text[comma.end() :]
    words = re.match(
        r"\s*(?:and\s+|but\s+)?(?:my\s+|the\s+|meine\s+)?\S+(?:\s+\S+)?\s*(?:,|and\b|or\b|und\b|$)",
        rest,
    )
    starts = re.match(
        r"\s*(?:but|except|excluding|without|apart|aside|besides|other|only|just|nothing|not|außer|ohne|nur|bis)\b",
        rest,
        re.IGNORECASE,
    )
    return bool(words or starts)


@dataclass(slots=True)
class _Read:
    """What one clause says: parts after "only", parts asked for, parts only named, parts left out."""

    only: list[str]
    asked: list[str]
    named: list[str]
    excluded: list[str]
    whole: bool
    names_only: bool
    periods: list[Period]


def _read_clause(clause: _Clause, topics: Topics) -> _Read:
    words = [
        word
        for word in tokens(clause.text)
        if not any(p.start < word.end and word.start < p.end for p in clause.periods)
    ]
    mentions = topics.find(words)
    marked = _marked(words, [(m.first, m.last) for m in mentions], clause.periods)
    names = [mention.topic for mention in mentions]

    def parts(match: re.Match[str]) -> list[str]:
        return [names[int(number)] for number in re.findall(r"§(\d+)", match[1])]

    def all_parts(pattern: re.Pattern[str], marked: str) -> list[str]:
        return [part for match in pattern.finditer(marked) for part in parts(match)]

    excluded: list[str] = []
    rest = marked
    for pattern in (_kept, _except):
        excluded += all_parts(pattern, rest)
        # What is left out takes its dates with it: "except my orders since 2023".
        rest = pattern.sub(lambda match: "" if parts(match) else match[0], rest)
    only = all_parts(_only, rest)
    if topics.account and _account_only.search(rest):
        only.append(topics.account)
    asked, named = all_parts(_object, rest), all_parts(_first, rest)
    whole = _whole.search(rest) is not None
    about = bool(only or asked or named or whole or re.search(r"\b(?:data|daten)\b", rest))
    days = clause.periods if _WHEN in rest and about else []
    return _Read(
        only,
        asked,
        named,
        excluded,
        whole,
        not words or bool(named) or marked == "please",
        [p for p in days if p.kind != "bare" or only or asked or named],
    )


def _marked(words: list[Token], parts: list[tuple[int, int]], when: list[Period]) -> str:
    """The clause with its parts and periods as signs, so that patterns can be read."""
    at = {first: (number, last) for number, (first, last) in enumerate(parts)}
    signs: list[tuple[int, str]] = [(period.start, _WHEN) for period in when]
    index = 0
    while index < len(words):
        if index in at:
            number, last = at[index]
            signs.append((words[index].start, f"{_PART}{number}"))
            index = last
        else:
            signs.append((words[index].start, words[index].word))
            index += 1
    return " ".join(sign for _, sign in sorted(signs))


def _fields(datamap: DataMap, included: list[str], excluded: list[str]) -> frozenset[str] | None:
    every = frozenset(field.id for field in datamap.held())
    chosen = every
    if included:
        chosen = frozenset(name for topic in included for name in fields_of(topic, datamap))
    for topic in excluded:
        chosen -= frozenset(fields_of(topic, datamap))
    return None if chosen == every else chosen


def _dated(datamap: DataMap, fields: frozenset[str] | None) -> frozenset[str] | None:
    """A wish by days is about what happened in them: orders, questions. An account that was opened
    then is not meant, nor what has no date."""
    return frozenset(
        f"{system_name}.{table_name}.{column}"
        for system_name, system in datamap.systems.items()
        for table_name, table in system.tables.items()
        if _has_date(datamap, system_name, table_name)
        for column in table.fields
        if fields is None or f"{system_name}.{table_name}.{column}" in fields
    )


def _has_date(datamap: DataMap, system: str, table: str) -> bool:
    tables = datamap.systems[system].tables
    seen: set[str] = set()
    while table in tables and table not in seen:
        seen.add(table)
        at = tables[table]
        if at.identity and at.identity.person == "row":
            return False
        if at.dated_by or at.counted_from:
            return True
        table = at.link.table if at.link else ""
    return False
