"""What stands in the company's systems now for something a customer wants corrected: read, shown to who has
proven to be the subject, kept nowhere.
"""

from dataclasses import dataclass

from privacy.contacts import Contact
from privacy.fulfilment.correct.correctable import (
    PER_ROW,
    beside_text,
    fields_of,
    row_token,
    rows_of,
)
from privacy.fulfilment.correct.rewriting import is_wrong
from privacy.fulfilment.needs import Company
from privacy.fulfilment.values.checked import Checked
from privacy.store.keyring import Keyring

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Held:
    """One entry as it stands. `row` names it for a correction's details and tells nothing; `beside` is what tells it
    from others of its kind ("delivery"). Personal."""

    system: str
    table: str
    row: str
    label: str
    shown: str
    beside: str = ""

    def __repr__(self) -> str:
        return f"Held({self.system}.{self.table})"


class OldValues:
    """Looks entries up."""

    def __init__(self, company: Company, keyring: Keyring) -> None:
        self._company = company
        self._keyring = keyring

    def look_up(self, contact: Contact, subject: str, correction: str) -> list[Held]:
        """What stands now, the leading system's first; nothing where the contact does not lead to the subject. Of kinds
        that a person has one of, each value once per table; of others (addresses) each row.

        Raises SystemDown, SystemRefused; KeyError for a correction that the map does not know.
        """
        datamap = self._company.datamap
        places = self._company.places(contact, subject)
        found: list[Held] = []
        for fields in sorted(
            fields_of(datamap, correction), key=lambda f: f.system != datamap.leading
        ):
            own = places.get(fields.system)
            if not own or datamap.is_manual(fields.system):
                continue
            seen: set[str] = set()
            for row in rows_of(self._company.system(fields.system), own, fields):
                shown = fields.shown(row)
                if not shown or (fields.kind not in PER_ROW and shown in seen):
                    continue
                seen.add(shown)
                found.append(
                    Held(
                        fields.system,
                        fields.table,
                        row_token(self._keyring, fields.system, fields.table, row.key),
                        datamap.systems[fields.system].label,
                        shown,
                        beside_text(fields, row),
                    )
                )
                if len(found) == MOST_SHOWN:
                    return found
        return found

    def stands_already(
        self, contact: Contact, subject: str, correction: str, checked: Checked, row: str = ""
    ) -> bool:
        """Whether there is nothing to change: every entry that the correction would touch says this value; of kinds
        that a person may have several of, the one named by `row` (`Held.row`).

        Raises SystemDown, SystemRefused; KeyError as `look_up`.
        """
        datamap = self._company.datamap
        places = self._company.places(contact, subject)
        seen = False
        for fields in fields_of(datamap, correction):
            if datamap.is_manual(fields.system):
                return False  # nobody can look
            own = places.get(fields.system)
            if not own:
                continue
            for one in rows_of(self._company.system(fields.system), own, fields):
                name = row_token(self._keyring, fields.system, fields.table, one.key)
                if fields.kind in PER_ROW and row not in ("", name):
                    continue
                if is_wrong(fields, one, checked):
                    return False
                seen = seen or fields.holds(one)
        return seen
