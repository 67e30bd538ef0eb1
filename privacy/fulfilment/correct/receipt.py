"""The end of a correction: what the customer is told of old and new, and who else hears of it.

In the conversation values stand in full (it is sealed); in letters contacts are masked. A corrected e-mail is
confirmed to the new address. The old contact hears of it, with a way to object: an address by mail, a number by text
message, and where none reaches it, the account's address by mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from privacy import audit
from privacy.clock import Clock
from privacy.contacts import Contact, mask, parse_contact, same_contact
from privacy.datamap.model import DataMap
from privacy.dates import long_date
from privacy.fulfilment.books.works import SERVICE
from privacy.fulfilment.correct.objections import CONTACT_WORDS, Objections, Undo
from privacy.fulfilment.correct.plan import Plan
from privacy.fulfilment.job import Done, Job
from privacy.fulfilment.needs import Company, TellRecipients
from privacy.fulfilment.values.checked import WHOLE
from privacy.fulfilment.values.spelling import shown_text
from privacy.fulfilment.values.texting import textable
from privacy.mail.carrier import By
from privacy.mail.port import Outbox
from privacy.systems.port import Row

SAY, LETTER = "utter_corrected", "correction_done"


@dataclass(frozen=True, slots=True)
class _Notice:
    """One message about a contact that was replaced. Personal."""

    old: str
    to: str
    by: By

    def __repr__(self) -> str:
        return f"_Notice(by {self.by})"


class CorrectReceipt:
    """Writes receipts of corrections."""

    def __init__(
        self,
        clock: Clock,
        company: Company,
        outbox: Outbox,
        objections: Objections,
        recipients: TellRecipients,
        zone: ZoneInfo,
        *,
        texts: bool = False,
    ) -> None:
        self._clock = clock
        self._company = company
        self._outbox = outbox
        self._objections = objections
        self._tell = recipients.tell
        self._zone = zone
        self._texts = texts

    def done(self, job: Job, plan: Plan) -> Done:
        """Everything was written, and every system says so."""
        datamap = self._company.datamap
        changed = [(f, one) for f in plan.fields for one in plan.wrong(f)]
        pairs: dict[tuple[str, str], dict[str, None]] = {}
        for fields, one in changed:
            old = one.row()
            new = Row(old.key, {**old.values, **fields.new(old.values, plan.checked)})
            is_whole = set(fields.columns.values()) == {WHOLE}
            said = plan.checked.shown if is_whole and plan.kind != "name" else fields.shown(new)
            label = datamap.systems[fields.system].label
            pairs.setdefault((fields.shown(old), said), {})[label] = None
        recipients = {name for fields, _ in changed for name in fields.recipients}
        new_address = plan.checked.values[WHOLE] if plan.kind == "email" else None
        notices = self._notices(job, plan)

        def also(tx: Connection) -> None:
            if recipients:
                details = f"{plan.label}: {'; '.join(_lines(pairs).splitlines())}"
                self._tell(tx, job, sorted(recipients), "corrected", details=details)
            if notices:
                self._tell_old(tx, job, plan, notices)
            if changed and plan.new_contact is not None:
                told = {"field": job.details["field"]}
                audit.note(tx, actor=SERVICE, act="contact.changed", request=job.request, data=told)

        return Done(
            say=SAY,
            mail=LETTER,
            values=self._values(plan, _lines(pairs), _lines(pairs, masked=True))
            | {"told": _told(datamap, recipients)},
            also=also,
            mail_to=new_address,
        )

    def done_by_hand(self, job: Job, plan: Plan | None) -> Done:
        """A person has changed it."""
        shown = plan.checked.shown if plan else job.details.get("value", "")
        return Done(
            say=SAY,
            mail=LETTER,
            values=self._values(plan, shown, _masked(shown)) | {"told": ""},
        )

    def _values(self, plan: Plan | None, lines: str, letter_lines: str) -> dict[str, str]:
        return {
            "field": plan.label if plan else "your data",
            "lines": lines or (f"{plan.checked.shown} stands there already." if plan else ""),
            "letter_lines": letter_lines or "It stood there already.",
            "finished": long_date(self._clock.now(), self._zone),
        }

    def _notices(self, job: Job, plan: Plan) -> list[_Notice]:
        """Who hears that a contact of the account is another one now."""
        new = plan.new_contact
        if new is None:
            return []
        if new.kind == "email":
            told = _replaced(plan, new, job.mail_to)
            return [_Notice(old, old, "mail") for old in told.values()]
        region = self._company.datamap.region
        notices = []
        for old in _replaced(plan, new).values():
            number = textable(old, region) if self._texts else None
            if number is not None:
                notices.append(_Notice(old, number.value, "text"))
            elif job.mail_to:
                notices.append(_Notice(old, job.mail_to, "mail"))
        return notices

    def _tell_old(self, tx: Connection, job: Job, plan: Plan, notices: list[_Notice]) -> None:
        undo = Undo(
            correction=job.details["field"],
            value=job.details["value"],
            received_on=job.received_at.date(),
            rows=tuple(one for f in plan.fields for one in plan.wrong(f)),
            places=job.places,
            is_complete=plan.is_complete,
        )
        way = self._objections.make(tx, job, undo)
        for number, notice in enumerate(notices, start=1):
            self._outbox.add(
                tx,
                kind="contact_changed",
                to=notice.to,
                dedupe_key=f"contact_changed:{job.reference}:{number}",
                language=job.language,
                values={
                    "reference": job.reference,
                    "what": CONTACT_WORDS[plan.kind],
                    "old": _masked(notice.old),
                    "new": _masked(plan.checked.values[WHOLE]),
                    "finished": long_date(self._clock.now(), self._zone),
                    "until": long_date(way.until, self._zone),
                    "link": way.link,
                },
                by=notice.by,
            )


def _replaced(plan: Plan, new: Contact, *proven: str) -> dict[str, str]:
    """The contacts that were the account's until now, as they stood: the leading system's, and those proven for it.

    Not those of old tickets: who gets the notice can take the change back.
    """
    leading = [shown_text(next(iter(one.values.values()))) for f in plan.fields if f.leads for one in plan.wrong(f)]  # fmt: skip
    found: dict[str, str] = {}
    for old in [*leading, *proven]:
        contact = parse_contact(old) if old else None
        if contact is not None and contact.kind == new.kind and not same_contact(contact, new):
            found.setdefault(contact.value, old)
    return found


def _lines(pairs: dict[tuple[str, str], dict[str, None]], *, masked: bool = False) -> str:
    lines = []
    for (old, new), labels in pairs.items():
        before, after = (_masked(old), _masked(new)) if masked else (old, new)
        lines.append(f"{before or 'nothing'} → {after} ({', '.join(labels)})")
    return "\n".join(dict.fromkeys(lines))


def _masked(shown: str) -> str:
    """Contacts as letters may show them; other values as they are."""
    contact = parse_contact(shown)
    return mask(contact) if contact is not None else shown


def _told(datamap: DataMap, names: Iterable[str]) -> str:
    return ", ".join(datamap.recipients[name].who for name in sorted(names))
