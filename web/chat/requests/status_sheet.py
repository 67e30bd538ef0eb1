"""A request's status as the page tells it: one sentence, the dates, what happened, how far each system is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog

from web.chat.requests.moments import Moments, counted
from web.chat.requests.views import Happened, StatusView, SystemView
from web.templating import capital

log = structlog.get_logger()

_COUNTS = ("found", "changed", "erased", "anonymised", "kept", "stopped")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    iso: str
    day: str
    clock: str
    words: str


@dataclass(frozen=True, slots=True)
class SystemLine:
    """How far one system is, in words."""

    label: str
    state: str
    words: str
    detail: str


class StatusSheet:
    """What the template fills in."""

    def __init__(self, view: StatusView, at: Moments) -> None:
        self.view = view
        self._at = at
        self._words = at.words

    @property
    def state(self) -> str:
        """The word for the status."""
        return self._words[f"requests_status_{self.view.status}"]

    @property
    def sentence(self) -> str:
        """What happens now, and when."""
        view, words = self.view, self._words
        by_kind = f"requests_now_{view.kind}_{view.status}"
        by_reason = f"{by_kind}_{view.reason}"
        key = next((k for k in (by_reason, by_kind) if k in words), f"requests_now_{view.status}")
        if any(system.state == "down" for system in view.systems) and view.is_open:
            key = "requests_now_down"
        return self._filled(words[key])

    @property
    def reason(self) -> str:
        """Why it was declined."""
        told = self.view.status == "declined" and self.view.reason
        return self._words.get(f"requests_reason_{self.view.reason}", "") if told else ""

    @property
    def lines(self) -> list[Line]:
        """What happened, the newest first."""
        lines = [line for event in self.view.history if (line := self._line(event))]
        return lines[::-1]

    @property
    def systems(self) -> Iterator[SystemLine]:
        """Each system in the order of the view."""
        for system in self.view.systems:
            yield SystemLine(
                capital(system.label),
                system.state,
                self._words[f"requests_system_{system.state}"],
                self._detail(system),
            )

    def act(self, act: str, part: str) -> str:
        """Words around an act: its button, its question, what it does; for this kind where it differs."""
        key = f"requests_{act.replace('-', '_')}_{part}"
        return self._filled(self._words.get(f"{key}_{self.view.kind}", self._words[key]))

    def _detail(self, system: SystemView) -> str:
        if system.state == "down":
            if system.again_at is None:
                return ""
            return self._words["requests_system_again"].replace(
                "{time}", self._at.soon(system.again_at)
            )
        told = [
            counted(self._words, f"requests_count_{name}", system.counts[name])
            for name in _COUNTS
            if system.counts.get(name)
        ]
        if not told and system.state == "done":
            key = f"requests_count_none_{self.view.kind}"
            return self._words.get(key, self._words["requests_count_none"])
        return ", ".join(told)

    def _line(self, event: Happened) -> Line | None:
        words = self._words.get(f"requests_event_{event.event}_{self.view.kind}")
        words = words or self._words.get(f"requests_event_{event.event}")
        if words is None:
            log.warning("event_without_words", name=event.event)
            return None
        return Line(
            self._at.iso(event.at),
            self._at.day(event.at),
            self._at.clock(event.at),
            _fill(words, event.values),
        )

    def _filled(self, words: str) -> str:
        view, at = self.view, self._at
        told = {"due": at.day(view.due_at), "wish": view.wish, "reference": view.reference}
        if view.scheduled_at is not None:
            told["scheduled"] = at.moment(view.scheduled_at)
        if view.closed_at is not None:
            told["closed"] = at.day(view.closed_at)
        return _fill(words, told)


def _fill(words: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        words = words.replace(f"{{{name}}}", value)
    return words
