"""A service in trouble, or up to something: asked again where that helps, refused where it does not, and never
quoted."""

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from privacy.datamap.http_parts import Basic, ClientCredentials, Cursor, HeaderKey, HttpSystem
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.datamap.scope import EVERYTHING
from privacy.errors import SystemDown
from privacy.systems.http.pace import Bucket, pause
from privacy.systems.http.paging import next_link
from privacy.systems.lookup import Wanted
from privacy.systems.port import Place, SystemRefused, TableErasure
from tests.privacy.systems.http_crm import MAP, TOKEN, Crm, QuickPace, described, door, served

ANN = [Place("contacts", ((("id", 7),),))]
CANARY = "ann@example.com"


@pytest.fixture(scope="module")
def running() -> Iterator[Crm]:
    crm = Crm()
    with served(crm.app()) as port:
        crm.url = f"http://127.0.0.1:{port}/api"
        yield crm


@pytest.fixture
def crm(running: Crm) -> Crm:
    url = running.url
    running.__init__()  # type: ignore[misc]
    running.url = url
    running.fill()
    return running


def read(system: HttpSystem, pace: QuickPace | None = None) -> list[Any]:
    opened = door(system, pace)
    try:
        return list(opened.rows("contacts", ANN, EVERYTHING))
    finally:
        opened.close()


# --- asked again


def test_a_service_that_is_busy_is_asked_again(crm: Crm, tmp_path: Path) -> None:
    pace = QuickPace()
    crm.trouble = [
        Response(status_code=429, headers={"Retry-After": "2"}),
        Response(status_code=503),
    ]
    assert len(read(described(crm.url, tmp_path), pace)) == 1
    assert len(crm.asked) == 3
    assert pace.pauses[0] == 2 and 0.5 <= pace.pauses[1] <= 1


def test_a_date_in_retry_after_is_read_by_the_services_own_clock(crm: Crm, tmp_path: Path) -> None:
    pace = QuickPace()
    headers = {
        "Date": "Sat, 21 Nov 2026 10:00:00 GMT",
        "Retry-After": "Sat, 21 Nov 2026 10:00:03 GMT",
    }
    crm.trouble = [Response(status_code=503, headers=headers)]
    read(described(crm.url, tmp_path), pace)
    assert pace.pauses == [3]


def test_a_wait_beyond_the_time_limit_is_not_begun(crm: Crm, tmp_path: Path) -> None:
    pace = QuickPace()
    crm.trouble = [Response(status_code=429, headers={"Retry-After": "3600"})]
    with pytest.raises(SystemDown):
        read(described(crm.url, tmp_path), pace)
    assert pace.pauses == [] and len(crm.asked) == 1


def test_trouble_that_stays_is_a_system_that_is_down(crm: Crm, tmp_path: Path) -> None:
    crm.trouble = [Response(status_code=502)] * 9
    with pytest.raises(SystemDown):
        read(described(crm.url, tmp_path, retries=3, timeout_seconds=60))
    assert len(crm.asked) == 4


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(SystemDown):
        read(described("http://127.0.0.1:1/api", tmp_path))


def test_an_erasure_that_was_cut_off_is_taken_up(crm: Crm, tmp_path: Path) -> None:
    acts = [TableErasure(t, "erase") for t in ("lines", "orders", "notes", "invoices", "contacts")]

    async def let_through(request: Request) -> Response:
        if request.method == "DELETE":
            crm.trouble = [Response(status_code=503)] * 9
        else:
            crm.trouble.insert(0, let_through)
        return (
            await crm._one(crm.lines, request)
            if request.method == "DELETE"
            else await again(request)
        )

    async def again(request: Request) -> Response:
        taken, crm.trouble = crm.trouble, []
        try:
            route = next(
                r
                for r in crm.app().routes
                if isinstance(r, Route) and r.path_regex.match(request.url.path)
            )
            return await route.endpoint(request)  # type: ignore[no-any-return]
        finally:
            crm.trouble = taken

    opened = door(described(crm.url, tmp_path, timeout_seconds=60))
    crm.trouble = [let_through]
    with pytest.raises(SystemDown):
        opened.erase(ANN, acts)
    assert 7 in crm.contacts and len(crm.lines) == 9
    crm.trouble = []
    assert all(one.left == 0 for one in opened.erase(ANN, acts))
    assert crm.contacts.keys() == {8} and len(crm.lines) == 5
    opened.close()


# --- refused


async def _slow(_request: Request) -> Response:
    async def drip() -> Any:
        for _ in range(600):
            yield b" "
            await asyncio.sleep(0.1)

    return StreamingResponse(drip(), media_type="application/json")


def _many(kind: str, body: bytes, **headers: str) -> Response:
    return Response(body, media_type=kind, headers=headers)


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (JSONResponse({"who": CANARY}, 401), "status 401"),
        (JSONResponse({"who": CANARY}, 403), "status 403"),
        (JSONResponse({"who": CANARY}, 422), "status 422"),
        (RedirectResponse("http://169.254.169.254/latest/meta-data/"), "another address"),
        (_many("application/json", b'{"name": "' + CANARY.encode()), "broken JSON"),
        (_many("application/json", b"[" * 100_000), "broken JSON"),
        (_many("application/json", b'{"id": NaN}'), "broken JSON"),
        (_many("application/json", b'{"id": ' + b"9" * 5000 + b"}"), "broken JSON"),
        (_many("application/json", b"\xff\xfe\x00"), "broken JSON"),
        (_many("text/html", CANARY.encode()), "no JSON"),
        (_many("application/json", b" " * 300_000), "max_bytes"),
        (_many("application/json", b"\x1f\x8b", **{"Content-Encoding": "gzip"}), "packed"),
        (JSONResponse({"error": CANARY}), "no key"),
        (JSONResponse([1, 2]), "no rows"),
        (JSONResponse("text"), "no rows"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(
    crm: Crm, tmp_path: Path, trouble: Response, why: str
) -> None:
    crm.trouble = [trouble]
    with pytest.raises(SystemRefused, match=why) as refusal:
        read(described(crm.url, tmp_path))
    assert CANARY not in str(refusal.value) and TOKEN not in str(refusal.value)
    assert len(crm.asked) == 1


def test_a_slow_answer_ends_with_the_time_limit(crm: Crm, tmp_path: Path) -> None:
    crm.trouble = [_slow]
    begun = time.monotonic()
    with pytest.raises(SystemDown):
        read(described(crm.url, tmp_path, timeout_seconds=1, retries=0))
    assert time.monotonic() - begun < 30, "the whole answer would take longer"


def test_headers_byte_by_byte_end_with_the_time_limit(tmp_path: Path) -> None:
    import socket
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 2000:
                if ended.wait(0.05):
                    return
                try:
                    connection.send(bytes([letter]))
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    begun = time.monotonic()
    with pytest.raises(SystemDown):
        read(described(f"http://127.0.0.1:{listening.getsockname()[1]}/api", tmp_path, timeout_seconds=1, retries=0))  # fmt: skip
    assert time.monotonic() - begun < 30, "the whole answer would take longer"
    ended.set()
    listening.close()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({"rows": [{"id": 1, "contact": 7}]}, "repeat themselves"),
        ({"message": CANARY}, "no rows"),
        ({"rows": [{"id": 1}]}, "whose they are"),
    ],
)
def test_lists_that_cannot_be_trusted(
    crm: Crm, tmp_path: Path, rows: dict[str, Any], why: str
) -> None:
    opened = door(described(crm.url, tmp_path))
    crm.trouble = [JSONResponse(crm.contacts[7]), *[JSONResponse(rows)] * 99]
    with pytest.raises(SystemRefused, match=why):
        list(opened.rows("invoices", ANN, EVERYTHING))
    opened.close()


def test_a_list_without_end_is_cut_off(crm: Crm, tmp_path: Path) -> None:
    def page(n: int) -> Response:
        return JSONResponse({"notes": [{"id": n, "contact": 7}], "next": n + 1})

    opened = door(described(crm.url, tmp_path, max_pages=5))
    crm.trouble = [JSONResponse(crm.contacts[7]), *[page(n) for n in range(99)]]
    with pytest.raises(SystemRefused, match="max_pages"):
        list(opened.rows("notes", ANN, EVERYTHING))
    assert len(crm.asked) == 6
    opened.close()


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/orders",
        "//evil.example/api/orders",
        "http://127.0.0.1:1/api/orders",
        "/admin",
        "/api/../admin",
        "/api/%2e%2e/admin",
        "/api/..%2fadmin",
        "file:///etc/passwd",
        "/api/orders?contact=7",
    ],
)
def test_the_next_page_is_not_elsewhere(crm: Crm, tmp_path: Path, link: str) -> None:
    rows = JSONResponse([{"id": 1, "contact": 7}], headers={"Link": f'<{link}>; rel="next"'})
    crm.trouble = [JSONResponse(crm.contacts[7]), rows]
    opened = door(described(crm.url, tmp_path))
    with pytest.raises(SystemRefused, match="next page"):
        list(opened.rows("orders", ANN, EVERYTHING))
    assert len(crm.asked) == 2
    opened.close()


def test_a_next_page_may_be_a_whole_address(crm: Crm, tmp_path: Path) -> None:
    system = described(crm.url, tmp_path)
    notes = system.tables["notes"]
    reads = [notes.read[0].model_copy(update={"paging": Cursor(kind="cursor", next="/next")})]
    tables = {**system.tables, "notes": notes.model_copy(update={"read": reads})}
    first = {"notes": [{"id": 1, "contact": 7}], "next": f"{crm.url}/contacts/7/notes?after=4"}
    crm.trouble = [JSONResponse(crm.contacts[7]), JSONResponse(first)]
    opened = door(system.model_copy(update={"tables": tables}))
    assert [row.key for row in opened.rows("notes", ANN, EVERYTHING)] == [
        (("id", 1),),
        (("id", 704),),
    ]
    opened.close()


# --- who asks


def test_who_asks_is_shown_in_each_way(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    tokens = iter(("first", "second"))

    async def token(request: Request) -> Response:
        form = (await request.body()).decode()
        assert "client_secret=s%26cret" in form and "grant_type=client_credentials" in form
        assert "authorization" not in request.headers
        return JSONResponse({"access_token": next(tokens), "expires_in": 3600})

    async def contact(request: Request) -> Response:
        seen.append(dict(request.headers))
        expired = request.headers.get("authorization") == "Bearer first" and len(seen) > 3
        return JSONResponse({}, 401) if expired else JSONResponse({"id": 7})

    app = Starlette(routes=[
        Route("/token", token, methods=["POST"]), Route("/api/contacts/7", contact),
    ])  # fmt: skip
    with served(app) as port:
        url = f"http://127.0.0.1:{port}/api"
        plain = described(url, tmp_path)
        read(plain.model_copy(update={"auth": HeaderKey(kind="header", name="X-Key", value="k1")}))
        read(plain.model_copy(update={"auth": Basic(kind="basic", username="ü", password="p:1")}))
        auth = ClientCredentials(
            kind="oauth2", token_url=f"http://127.0.0.1:{port}/token", client_id="vera", client_secret="s&cret",
        )  # fmt: skip
        opened = door(plain.model_copy(update={"auth": auth}))
        for _ in range(2):
            assert len(list(opened.rows("contacts", ANN, EVERYTHING))) == 1
        opened.close()
    assert seen[0]["x-key"] == "k1" and "authorization" not in seen[0]
    assert seen[1]["authorization"] == "Basic " + base64.b64encode("ü:p:1".encode()).decode()
    assert [s["authorization"] for s in seen[2:]] == [
        "Bearer first",
        "Bearer first",
        "Bearer second",
    ]
    assert "s&cret" not in repr(auth)


def test_no_proxy_of_the_environment_and_no_cookie(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    cookies: list[str | None] = []

    async def bake(request: Request) -> Response:
        cookies.append(request.headers.get("cookie"))
        return JSONResponse(crm.contacts[7], headers={"Set-Cookie": "a=b"})

    crm.trouble = [bake, bake]
    opened = door(described(crm.url, tmp_path))
    for _ in range(2):
        list(opened.rows("contacts", ANN, EVERYTHING))
    assert cookies == [None, None]
    opened.close()


def test_nothing_personal_and_no_secret_is_logged(
    crm: Crm, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = door(described(crm.url, tmp_path, retries=0))
    crm.trouble = [JSONResponse({"who": CANARY}, 403), Response(CANARY, 503)]
    for _ in range(2):
        with pytest.raises((SystemRefused, SystemDown)) as error:
            opened.search(Wanted(emails=frozenset({CANARY})))
        assert CANARY not in str(error.value)
    ours = "".join(r.getMessage() for r in caplog.records if not r.name.startswith("uvicorn"))
    printed = capsys.readouterr()
    assert not any(w in ours + printed.out + printed.err for w in (CANARY, TOKEN))
    assert TOKEN not in repr(described(crm.url, tmp_path))
    opened.close()


# --- the map's own mistakes


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("${CRM_URL}", "http://crm.example.com", None),
        ("allow_private: true", "allow_private: false", "anybody on the way can read"),
        ("${CRM_URL}", "ftp://crm.example.com", "only https://"),
        ("${CRM_URL}", "https://me:secret@crm.example.com", "name or password stands"),
        ("${CRM_URL}", "https://crm.example.com/api?x=1", "ends before the ?"),
        ("${CRM_URL}", "https:///api", "not an address"),
        ("${CRM_URL}", "https://crm.example.com:port", "not an address"),
        ("${CRM_URL}", "https://crm.example.com/a b", "not an address"),
        ('"${CRM_TOKEN}"', "hunter2", "a secret stands in this file"),
        ("${CRM_TOKEN}", "${OTHER}", "OTHER is not set"),
        ('"{email}"', '"{emial}"', "a read asks by one of"),
        ("{parent.id}/notes", "{parent.nr}/notes", "no column nr"),
        ('erase: {path: "/contacts/{key}"}', 'erase: {path: "/contacts/{id}"}', "nothing fills in {id}"),
        ("erase: with_parent", "technical: []", None),
        ('          - {path: "/contacts/{key}"}\n', "", "asked for again"),
    ],
)  # fmt: skip
def test_mistakes_of_the_map_are_told(
    tmp_path: Path, written: str, instead: str, sentence: str | None
) -> None:
    text = MAP.read_text(encoding="utf-8")
    assert written in text
    path = tmp_path / "map.yml"
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")
    environment = {"CRM_URL": "http://127.0.0.1:9/api", "CRM_TOKEN": TOKEN}
    if sentence is None:
        expected: Callable[[], object] = lambda: load_datamap(path, tmp_path, environment)  # noqa: E731
        if "technical" not in instead:
            expected()
            return
        with pytest.raises(DataMapWrong):
            expected()
        return
    with pytest.raises(DataMapWrong) as wrong:
        load_datamap(path, tmp_path, environment)
    assert any(sentence in one for one in wrong.value.sentences), wrong.value.sentences
    assert "hunter2" not in str(wrong.value)


# --- arithmetic


def test_a_bucket_gives_no_more_than_agreed() -> None:
    pace = QuickPace()
    begun = pace.now()
    bucket = Bucket(10, pace)
    for _ in range(50):
        bucket.take()
    assert 3.9 < pace.now() - begun < 4.5, "ten at once, the other forty at ten a second"


def test_pauses_grow_and_differ() -> None:
    for attempt in range(8):
        least = 0.25 * 2 ** min(attempt, 6)
        assert least <= pause(attempt) <= 2 * least
    assert len({pause(3) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('</a?x=1,2>; rel="next"', "/a?x=1,2"),
        ('</p>; rel=prev, </n>; title="x; rel=y, z"; rel="last next"', "/n"),
        ("</n>;REL=NEXT", "/n"),
        ('</n>; rel="nextish"', None),
        ("", None),
        ("rel=next", None),
    ],
)
def test_link_headers(header: str, link: str | None) -> None:
    assert next_link(header) == link
