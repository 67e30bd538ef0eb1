"""Nobody sees or does what is not theirs: every route for two customers, forged forms, hostile values, headers."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from starlette.routing import Route

from privacy.settings import Settings
from tests.web.conftest import Door, opened
from tests.web.requests_twin import (
    DELETE,
    EXPORT,
    HOSTILE,
    JANE,
    JOHN,
    JOHNS,
    NOBODYS,
    SEE,
    RequestsTwin,
    sample_data,
)
from tests.web.twin import Twin
from tests.web.visitor import Visitor
from web.chat.app import create_app
from web.chat.requests.gate import PageLimits
from web.chat.requests.pages import ACTS
from web.chat.requests.place import PAGES
from web.chat.talk import Limits
from web.form_tokens import form_token
from web.rate_limits import Rate

MANY = Rate(100_000, 100_000)
FAST = PageLimits(acts_per_session=MANY, looks_per_session=MANY, acts_per_address=MANY)


@pytest.fixture
def twin() -> RequestsTwin:
    twin = RequestsTwin(Twin())
    everything = frozenset(ACTS)
    for ref in list(twin.views):
        twin.views[ref] = replace(twin.views[ref], acts=everything)
        twin.datas[ref] = sample_data(ref)
        twin.packages[ref] = replace(twin.packages[EXPORT], reference=ref)
    return twin


@pytest.fixture
def door(twin: RequestsTwin) -> Iterator[Door]:
    limits = Limits(openings_per_address=MANY, per_address=MANY)
    with opened(limits, twin=twin.twin, requests=twin, page_limits=FAST) as door:
        yield door


def routes() -> list[tuple[str, str]]:
    """Every method and path below a reference, from the router itself."""
    twin = Twin()
    app = create_app(twin, Settings(), lambda code, _: code, requests=RequestsTwin(twin))
    found = set()
    for route in app.routes:
        if not (isinstance(route, Route) and route.path.startswith("/requests/{reference}")):
            continue
        for page in PAGES:
            for act in ACTS:
                path = route.path.replace("{page}", page).replace("{act}", act)
                path = path.replace("{table}", "shop-orders")
                found |= {(method, path) for method in route.methods or ()}
    return sorted(found)


def answer_to(client: httpx.Client, method: str, path: str) -> tuple[int, str]:
    """What somebody with this session gets, with whatever a form could hold; what changes each time left out."""
    token = client.cookies.get("vera_session") or ""
    fields = {
        "form_token": form_token(token), "client_id": "press-0123456789", "contact": JOHN, "code": "000000",
        "key": "another-secret-0123456789",
    }  # fmt: skip
    given = [(name, (None, value)) for name, value in fields.items()]
    answer = client.request(method, path, files=given if method == "POST" else None)
    body = re.sub(r'name="(?:client_id|form_token)" value="[^"]*"', "", answer.text)
    where = answer.headers.get("location", "")
    return answer.status_code, re.sub(r"PR-\w{4}-\w{4}", "…", where + body)


def all_proofs(twin: RequestsTwin, conversation: str, contact: str, *references: str) -> None:
    """Codes for every page of these requests were right, and prove only whose contact it is."""
    twin.proofs[conversation] = {
        (operation, reference, contact)
        for operation in ("status", "view", "download", "delete_now")
        for reference in references
    }


@pytest.mark.parametrize("proven", ["nothing", "status", "everything"])
def test_another_customers_request_is_like_one_that_does_not_exist(
    twin: RequestsTwin, door: Door, proven: str
) -> None:
    before = (dict(twin.views), dict(twin.packages))
    for method, path in routes():
        answers = []
        for ref in (SEE, EXPORT, DELETE, NOBODYS):
            with door.client() as client:
                client.get("/chat")
                conversation = twin.twin.tokens[client.cookies["vera_session"]]
                if proven == "status":
                    all_proofs(twin, conversation, JOHN, JOHNS)
                elif proven == "everything":
                    all_proofs(twin, conversation, JOHN, JOHNS, ref)
                answers.append(answer_to(client, method, path.replace("{reference}", ref)))
        assert len(set(answers)) == 1, (method, path)
        status, body = answers[0]
        assert "Jane" not in body and "AF-2019" not in body
        asks_nothing = re.search(r"/(contact|code|resend|not-me)$", path) or (
            path.endswith("/download") and method != "POST"
        )
        if proven == "everything" and not asks_nothing:
            assert status == 404, (method, path)
    assert (twin.views, twin.packages) == before


def test_its_owner_gets_all_of_it(twin: RequestsTwin, door: Door) -> None:
    with door.client() as client:
        client.get("/chat")
        conversation = twin.twin.tokens[client.cookies["vera_session"]]
        all_proofs(twin, conversation, JANE, SEE, EXPORT)
        assert answer_to(client, "GET", f"/requests/{SEE}")[0] == 200
        assert "Jane Miller" in answer_to(client, "GET", f"/requests/{SEE}/data")[1]
        assert "AF-20190000" in answer_to(client, "GET", f"/requests/{SEE}/data/shop-orders")[1]
        assert answer_to(client, "POST", f"/requests/{EXPORT}/download")[1].startswith("AAAA")


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({"Sec-Fetch-Site": "same-origin"}, "0" * 32),
        ({}, ""),
    ],
)
def test_a_forged_form_does_nothing(
    twin: RequestsTwin, door: Door, headers: dict[str, str], token: str | None
) -> None:
    with door.client() as client:
        client.get("/chat")
        session = client.cookies["vera_session"]
        all_proofs(twin, twin.twin.tokens[session], JANE, SEE)
        twin.calls.clear()
        fields = {
            "form_token": form_token(session) if token is None else token, "client_id": "press-0123456789", "contact": JANE,
            "code": "123456", "key": twin.secret,
        }  # fmt: skip
        given = [(name, (None, value)) for name, value in fields.items()]
        paths = [path.replace("{reference}", SEE) for method, path in routes() if method == "POST"]
        assert len(paths) > 20
        for path in [*paths, "/requests"]:
            answer = client.post(path, files=[*given, ("reference", (None, SEE))], headers=headers)
            assert answer.status_code == 403, path
            assert "out of date" in answer.text
    assert not twin.calls and not twin.objected


def test_a_page_that_is_only_looked_at_changes_nothing(twin: RequestsTwin, door: Door) -> None:
    before = (dict(twin.views), dict(twin.packages))
    with door.client() as client:
        client.get("/chat")
        all_proofs(twin, twin.twin.tokens[client.cookies["vera_session"]], JANE, SEE, EXPORT)
        for method, path in routes():
            if method in ("GET", "HEAD"):
                for ref in (SEE, EXPORT):
                    client.request(method, path.replace("{reference}", ref) + f"?key={twin.secret}")
    assert (twin.views, twin.packages) == before
    assert not twin.calls and not twin.objected


def test_every_page_carries_the_headers_and_nothing_inline(twin: RequestsTwin, door: Door) -> None:
    with door.client() as client:
        visitor = Visitor(client)
        seen = []
        for path in ("/requests", f"/requests/{SEE}", f"/requests/{SEE}/data", "/requests/nothing"):
            seen.append(visitor.opens(path).answer)
        visitor.proves(f"/requests/{SEE}", JANE)
        for path in ("", "/data", "/package", "/undo", "/nothing"):
            seen.append(visitor.opens(f"/requests/{SEE}{path}").answer)
        visitor.proves(f"/requests/{SEE}/data", JANE)
        seen.append(visitor.answer)
        seen.append(visitor.opens(f"/requests/{SEE}/not-me?key={twin.secret}").answer)
    for answer in seen:
        assert answer is not None
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert '<meta name="robots" content="noindex">' in answer.text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", answer.text)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert all("/static/" in tag for tag in re.findall(r"<script[^>]*>", answer.text))


def test_no_address_holds_a_contact_a_code_or_a_value(twin: RequestsTwin, door: Door) -> None:
    addresses: list[str] = []
    with door.client(event_hooks={"request": [lambda r: addresses.append(str(r.url))]}) as client:
        visitor = Visitor(client)
        visitor.opens("/requests")
        visitor.sends("/requests", reference=SEE, contact=JANE)
        visitor.sends(f"/requests/{SEE}/status/code", code="123456")
        visitor.proves(f"/requests/{SEE}/data", JANE)
        addresses += [link for link in visitor.links if link.startswith("/")]
    assert len(addresses) > 10
    for address in addresses:
        assert not re.search(r"@|%40|123456|jane|miller|2019", address, re.I), address


def test_hostile_values_are_only_text(twin: RequestsTwin, door: Door) -> None:
    twin.datas[SEE] = sample_data(SEE, hostile=True)
    with door.client() as client:
        visitor = Visitor(client).proves(f"/requests/{SEE}/data", JANE)
        read = visitor.read
    assert len([tag for tag, _ in read.tags if tag == "script"]) == 1
    assert not any(tag == "img" for tag, _ in read.tags)
    assert all(form.action.startswith("/") for form in read.forms)
    assert not any(name.startswith("on") for _, given in read.tags for name in given)
    shown = "".join(read.words)
    for value in HOSTILE:
        signs = value.replace("\x00", "␀").replace("\x07", "␇")
        assert signs in shown
    assert "\x00" not in visitor.page and "49" not in re.findall(r">\s*(49)\s*<", visitor.page)


def test_bodies_over_the_cap_and_odd_addresses_get_calm_words(door: Door) -> None:
    with door.client() as client:
        visitor = Visitor(client).opens("/requests")
        answer = visitor.posts("/requests", {"reference": "x" * 20_000})
        assert answer.status_code == 422 and "<h1>" in answer.text
        for path in (
            f"/requests/{SEE}/nothing", f"/requests/{SEE}/data/../../x", f"/requests/{SEE}/data/a%00b",
            f"/requests/{SEE}/data/shop-orders?skip=-1", f"/requests/{SEE}/data/shop-orders?skip=٣",
            f"/requests/{SEE}/not-me", f"/requests/{SEE}/not-me?key=%3Cscript%3E", f"/requests/{SEE}/status",
        ):  # fmt: skip
            answer = client.get(path)
            assert answer.status_code == 404, path
            assert "<h1>" in answer.text and "Traceback" not in answer.text
        for method in ("PUT", "DELETE", "PATCH"):
            assert client.request(method, f"/requests/{SEE}").status_code == 405
