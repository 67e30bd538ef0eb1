"""The data map: what the company holds about people, where, why, for how long, and what becomes of
it.

It answers questions from the map alone and opens no system. Its sentences are pieces of the map, in
the customer's words; the bot joins them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from privacy.datamap.categories import group, within
from privacy.datamap.http_parts import HttpSystem
from privacy.datamap.parts import (
    Correction,
    FieldPart,
    ManualSystem,
    Name,
    OnDelete,
    Part,
    Purpose,
    Recipient,
    Retention,
    System,
    Table,
    Words,
)


@dataclass(frozen=True)
class Correctable:
    """Something that a customer may have changed."""

    id: str
    label: str
    kind: str
    needs: str


@dataclass(frozen=True)
class Held:
    """What the map says about one field: why, how long, who gets it, from where."""

    id: str
    system: str
    system_label: str
    label: str
    group: str
    purposes: tuple[Purpose, ...]
    retention: Retention
    recipients: tuple[Recipient, ...]
    source: str
    on_delete: OnDelete
    never_disclose: bool


type AnySystem = Annotated[System | HttpSystem | ManualSystem, Field(discriminator="kind")]


class DataMap(Part):
    """The whole map of one company."""

    version: Literal[1]
    company: Words
    leading: Name = Field(description="The system whose records decide who a person is.")
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        description="Country of phone numbers stored without a country code (ISO 3166: DE)."
    )
    purposes: dict[Name, Purpose] = Field(min_length=1)
    retentions: dict[Name, Retention] = Field(min_length=1)
    recipients: dict[Name, Recipient] = {}
    corrections: dict[Name, Correction] = {}
    systems: dict[Name, AnySystem] = Field(min_length=1)

    def labels(self) -> dict[str, str]:
        """The customer's name of each system."""
        return {name: system.label for name, system in self.systems.items()}

    def is_manual(self, system: str) -> bool:
        """Can only persons look into the system? Raises KeyError where the map has no such system."""
        return self.systems[system].kind == "manual"

    def correctable_fields(self) -> list[Correctable]:
        """What a customer may have changed, in the order of the map."""
        return [Correctable(name, c.label, c.kind, c.needs) for name, c in self.corrections.items()]

    def held(self) -> list[Held]:
        """Every field of every system."""
        return [
            self._held(system_name, table_name, column)
            for system_name, system in self.systems.items()
            for table_name, table in system.tables.items()
            for column in table.fields
        ]

    def field(self, field_id: str) -> Held:
        """What the map says about "system.table.column".

        Raises KeyError where the map has no such field.
        """
        system_name, table_name, column = field_id.split(".", 2)
        return self._held(system_name, table_name, column)

    def purposes_of(self, field_id: str) -> tuple[Purpose, ...]:
        """Why the company holds this field."""
        return self.field(field_id).purposes

    def about(self, topic: str) -> list[Held]:
        """The fields that a word means: the id of a correction ("phone") or a category."""
        return [held for held in self.held() if self._means(held.id, topic)]

    def _means(self, field_id: str, topic: str) -> bool:
        system_name, table_name, column = field_id.split(".", 2)
        part = self.systems[system_name].tables[table_name].fields[column]
        return (part.correct or "").split(".")[0] == topic or within(part.category, topic)

    def _held(self, system_name: str, table_name: str, column: str) -> Held:
        system = self.systems[system_name]
        table: Table = system.tables[table_name]
        part: FieldPart = table.fields[column]
        return Held(
            id=f"{system_name}.{table_name}.{column}",
            system=system_name,
            system_label=system.label,
            label=part.label,
            group=group(part.category),
            purposes=tuple(self.purposes[name] for name in part.purpose),
            retention=self.retentions[part.retention or table.retention],
            recipients=tuple(
                self.recipients[name]
                for name in (table.recipients if part.recipients is None else part.recipients)
            ),
            source=part.source or table.source,
            on_delete=part.on_delete or table.on_delete,
            never_disclose=part.never_disclose,
        )


def json_schema() -> dict[str, Any]:
    """The JSON schema of a data map, for editors and for companies that write one."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DataMap.model_json_schema(),
    }
