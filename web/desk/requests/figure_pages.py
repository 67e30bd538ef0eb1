"""Figures for the privacy team: as pictures, as a table, and as a file for a spreadsheet."""

import csv
import io
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from privacy.agents.roles import Act
from privacy.desk.figures import ALL, MONTHS, csv_rows
from privacy.desk.requests.desk import RequestDesk
from web.desk.gate import Gate
from web.desk.requests.charts import Bars, Series
from web.desk.screens import Screens

_SPANS: Final = (3, 12, MONTHS)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class FigurePages:
    """Handlers of `/figures`."""

    def __init__(self, desk: RequestDesk, gate: Gate, screens: Screens) -> None:
        self._desk = desk
        self._gate = gate
        self._screens = screens

    async def show(self, request: Request) -> Response:
        """GET /figures"""
        visit = await self._gate.visit(request, Act.READ_METRICS)
        months = _months(request)
        table = await to_thread.run_sync(self._desk.figures.table, visit.agent, months)
        whole = [one for one in reversed(table) if one.kind == ALL]
        names = [f"{one.month:%b %y}" for one in whole]
        return self._screens.page(
            request,
            visit,
            "requests/figures.html",
            table=table,
            months=months,
            spans=_SPANS,
            flow=Bars(
                names,
                (
                    Series("received", [one.received for one in whole]),
                    Series("done", [one.done for one in whole]),
                    Series("refused", [one.refused for one in whole]),
                ),
            ),
            days=Bars(names, (Series("median", [one.median_days or 0 for one in whole]),)),
        )

    async def csv(self, request: Request) -> Response:
        """GET /figures.csv"""
        visit = await self._gate.visit(request, Act.READ_METRICS)
        months = _months(request)
        table = await to_thread.run_sync(self._desk.figures.table, visit.agent, months)
        written = io.StringIO()
        csv.writer(written).writerows([_safe(cell) for cell in row] for row in csv_rows(table))
        return Response(
            written.getvalue(),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="requests-by-month.csv"'},
        )


def _months(request: Request) -> int:
    typed = request.query_params.get("months", "")
    return int(typed) if typed in {str(span) for span in _SPANS} else 12


def _safe(cell: str) -> str:
    """No spreadsheet takes a cell for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
