"""Dialogue memory that stays short and holds no personal data.

The truth about requests and identity lives in the service's database; a tracker only carries where a
dialogue is. So this store keeps one row per conversation: the last few turns, with every text and every
value that is not on an allow-list taken out. Loading it costs the same after five turns or five thousand.
"""

import json
import os
import re
import time
from typing import Any, Dict, Iterable, List, Optional

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

KEPT_TURNS = 4
"""Rules look back one turn, forms two; a little more is kept for reading a stuck dialogue."""

KEPT_SECONDS = 30 * 24 * 3600.0
"""As long as transcripts; a dialogue that nobody took up for so long is over."""

_TOKEN = re.compile(r"(?:email|phone|reference|value|row|code)_\d{1,4}")
_WORD = re.compile(r"[a-z_]{1,40}")

_metadata = sa.MetaData()
_trackers = sa.Table(
    "tracker",
    _metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("saved_at", sa.Float, nullable=False),
)


class ShortTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Keeps the last turns of each conversation in one row."""

    def __init__(
        self,
        domain: Domain,
        url: str = "",
        event_broker: Optional[EventBroker] = None,
        **kwargs: Any,
    ) -> None:
        url = url or os.environ["VERA_TRACKER_DB"]
        options: Dict[str, Any] = {}
        if url.startswith("sqlite"):
            # Its default for SQLite opens the file anew, and folds the log into it, at every look.
            options = {
                "connect_args": {"timeout": 10, "check_same_thread": False},
                "poolclass": sa.pool.QueuePool,
            }
        self._engine = sa.create_engine(url, **options)
        if url.startswith("sqlite"):
            sa.event.listen(self._engine, "connect", _fast_sqlite)
        _metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            connection.execute(
                _trackers.delete().where(_trackers.c.saved_at < time.time() - KEPT_SECONDS)
            )
        super().__init__(domain, event_broker, **kwargs)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select([_trackers.c.events]).where(_trackers.c.conversation == sender_id)
            ).first()
        if row is None or self.domain is None:
            return None
        return DialogueStateTracker.from_dict(sender_id, json.loads(row[0]), self.domain.slots)

    async def retrieve_full_tracker(self, conversation_id: str) -> Optional[DialogueStateTracker]:
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        with self._engine.connect() as connection:
            return [row[0] for row in connection.execute(sa.select([_trackers.c.conversation]))]

    async def save(self, tracker: DialogueStateTracker) -> None:
        row = {"events": json.dumps(shorten(list(tracker.events))), "saved_at": time.time()}
        with self._engine.begin() as connection:
            changed = connection.execute(
                _trackers.update()
                .where(_trackers.c.conversation == tracker.sender_id)
                .values(**row)
            )
            if changed.rowcount == 0:
                connection.execute(_trackers.insert().values(conversation=tracker.sender_id, **row))

    async def delete(self, sender_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_trackers.delete().where(_trackers.c.conversation == sender_id))


def shorten(events: List[Event]) -> List[Dict[str, Any]]:
    """The last turns without texts, after the slots and the form that were set before them."""
    starts = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    cut = starts[-KEPT_TURNS] if len(starts) > KEPT_TURNS else 0
    slots: Dict[str, SlotSet] = {}
    loop: Optional[ActiveLoop] = None
    session: List[Event] = []
    for event in events[:cut]:
        if isinstance(event, SlotSet):
            slots[event.key] = event
        elif isinstance(event, ActiveLoop):
            loop = event
        elif event.type_name == "session_started":
            slots, loop, session = {}, None, [event]
    before = session + list(slots.values()) + ([loop] if loop else [])
    return [redact(event.as_dict()) for event in before + events[cut:]]


def redact(event: Dict[str, Any]) -> Dict[str, Any]:
    """One event with nothing in it that a customer typed."""
    kind = event.get("event")
    kept = {
        key: event[key]
        for key in ("event", "timestamp", "name", "policy", "confidence")
        if key in event
    }
    if kind == "user":
        parse = event.get("parse_data") or {}
        intent = parse.get("intent") or {}
        entities = [
            {"entity": entity["entity"], "value": entity["value"]}
            for entity in parse.get("entities") or []
            if _harmless(entity.get("value"))
        ]
        kept.update(
            text="",
            input_channel=event.get("input_channel"),
            message_id=event.get("message_id"),
            parse_data={
                "text": "",
                "intent": {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)},
                "entities": entities,
            },
        )
    elif kind == "bot":
        kept.update(
            text="",
            data={},
            metadata={"utter_action": (event.get("metadata") or {}).get("utter_action")},
        )
    elif kind == "slot":
        value = event.get("value")
        kept["value"] = value if _harmless(value) else None
    elif kind in ("action", "action_execution_rejected"):
        kept.update(hide_rule_turn=event.get("hide_rule_turn", False), action_text=None)
    elif kind in ("loop_interrupted", "active_loop", "followup"):
        kept.update({key: event[key] for key in ("is_loop_interrupted", "name") if key in event})
    return kept


def _harmless(value: Any) -> bool:
    """Placeholders, our own lower-case words, truth values and nothing else."""
    if value is None or isinstance(value, bool):
        return True
    return isinstance(value, str) and bool(_TOKEN.fullmatch(value) or _WORD.fullmatch(value))


def _fast_sqlite(connection: Any, _record: Any) -> None:
    # A dialogue's place may be lost with the power; requests may not, and they live elsewhere.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
