"""What may be decided about a request, as typed data: for which reasons one is refused or extended, how each reason is
told, which decisions two people make, and where a customer can complain.

A reason is picked from these lists and never written freely, so that whoever is refused reads whole sentences and the
law (GDPR Art. 12(4): the reasons, the complaint to an authority and the way to a court are told). Plain rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from privacy.policy_file import Place, PolicyBroken
from privacy.requests import Reason

type Decision = Literal["refuse", "extend"]
DECISIONS: Final[tuple[Decision, ...]] = ("refuse", "extend")

# What closes a request for us, and is no answer to somebody who asked.
_NO_ANSWERS: Final = frozenset({Reason.BY_CUSTOMER, Reason.KEPT_IN_PART})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse: `label` for the desk, `text` for the customer, `law` where a law allows it.

    `kinds` are those that it can be given for.
    """

    name: str
    reason: Reason
    label: str
    texts: Mapping[str, str]
    law: str
    kinds: frozenset[str]

    def text(self, language: str = "en") -> str:
        """Whole sentences for the customer."""
        return _spoken(self.texts, language)


@dataclass(frozen=True, slots=True)
class ExtensionReason:
    """One reason to take longer."""

    name: str
    label: str
    texts: Mapping[str, str]

    def text(self, language: str = "en") -> str:
        """Whole sentences for the customer."""
        return _spoken(self.texts, language)


@dataclass(frozen=True, slots=True)
class Decisions:
    """All of `decisions:` in the policy."""

    four_eyes: frozenset[Decision]
    authorities: Mapping[str, str]
    authority_address: str
    refusals: Mapping[str, Refusal]
    extensions: Mapping[str, ExtensionReason]

    def authority(self, language: str = "en") -> str:
        """The authority to complain to, inside a sentence."""
        return _spoken(self.authorities, language)

    def refusals_for(self, kind: str) -> tuple[Refusal, ...]:
        """The reasons for which a request of this kind can be refused; none where it cannot be."""
        return tuple(one for one in self.refusals.values() if kind in one.kinds)


def read_decisions(place: Place, kinds: frozenset[str]) -> Decisions:
    """Raises PolicyBroken."""
    place.keys("four_eyes", "complaints", "refusals", "extensions")
    complaints = place.at("complaints")
    complaints.keys("authority", "address")
    return Decisions(
        four_eyes=frozenset(_decision(item) for item in place.at("four_eyes").each()),
        authorities=complaints.at("authority").words(),
        authority_address=complaints.at("address").text(),
        refusals=MappingProxyType(
            {name: _refusal(name, one, kinds) for name, one in place.at("refusals").named()}
        ),
        extensions=MappingProxyType(
            {name: _extension(name, one) for name, one in place.at("extensions").named()}
        ),
    )


def _decision(place: Place) -> Decision:
    name = place.text()
    if name not in DECISIONS:
        raise PolicyBroken(f"{place} needs one of {', '.join(DECISIONS)}.")
    return name


def _refusal(name: str, place: Place, kinds: frozenset[str]) -> Refusal:
    place.keys("reason", "label", "text", "law", "kinds")
    reason = place.at("reason").text()
    if reason not in set(Reason) - _NO_ANSWERS:
        allowed = ", ".join(sorted(set(Reason) - _NO_ANSWERS))
        raise PolicyBroken(f"{place.at('reason')} needs one of {allowed}.")
    own = frozenset(place.texts("kinds"))
    for kind in sorted(own - kinds):
        raise PolicyBroken(f"{place.at('kinds')} names {kind}, which is no kind of request.")
    return Refusal(
        name,
        Reason(reason),
        place.at("label").text(),
        place.at("text").words(),
        place.at("law").text(),
        own,
    )


def _extension(name: str, place: Place) -> ExtensionReason:
    place.keys("label", "text")
    return ExtensionReason(name, place.at("label").text(), place.at("text").words())


def _spoken(words: Mapping[str, str], language: str) -> str:
    return words.get(language) or words.get(language.split("-")[0]) or words["en"]
