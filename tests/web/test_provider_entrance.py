"""Agents sign in at their company: Vera's pages on one side, a real OpenID provider on the other, a browser between them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast, get_args
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from privacy.agents import errors
from privacy.agents.accounts import Accounts
from privacy.agents.roles import Role
from privacy.agents.sessions import AgentSessions
from privacy.audit import Audit
from privacy.clock import SystemClock
from privacy.desk.desk import Desk
from privacy.errors import Problem
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.wiring.company_sign_in import build_company_sign_in
from tests.driving.company_sign_in import CLIENT, SECRET, CompanySignIn
from tests.driving.house import free_ports
from web.desk.entrance import Entrance
from web.desk.gate import Gate, NotSignedIn
from web.desk.moments import Moments
from web.desk.provider_entrance import ProviderEntrance, provider_routes
from web.desk.screens import Screens

DESK = "http://desk.example"
BACK = f"{DESK}/sign-in/provider/back"


@pytest.fixture(scope="module")
def company() -> Iterator[CompanySignIn]:
    with CompanySignIn(BACK).running() as company:
        company.employ("kim", "Kim Lee", ["support"])
        company.employ("lou", "Lou Moor", [])
        yield company


@dataclass
class House:
    """The desk's entrance on a database of its own."""

    folder: Path
    issuer: str
    only: bool = False
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        settings = Settings(
            desk_url=DESK,
            data_dir=self.folder,
            oidc_issuer=self.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_scopes="openid profile email groups",
            oidc_role_claim="groups",
            oidc_roles="privacy-team=officer,support=agent",
            oidc_only=self.only,
        )
        self.database = Database(settings.database)
        metadata.create_all(self.database.engine)
        keyring = Keyring([bytes(32)])
        Audit(keyring, self.clock).attach(self.database)
        self.accounts = Accounts(self.database, keyring, self.clock)
        self.sessions = AgentSessions(self.database, keyring, self.clock)
        built = build_company_sign_in(settings, self.database, keyring, self.clock)
        assert built is not None
        self.gate = Gate(self.sessions, settings)
        screens = Screens(settings, Moments(self.clock, settings.zone), "1")
        entrance = ProviderEntrance(
            built.provider, built.admission, self.sessions, self.gate, screens, settings
        )
        desk = cast(Desk, SimpleNamespace(accounts=self.accounts, sessions=self.sessions, presence=None))  # fmt: skip
        passwords = Entrance(desk, self.gate, screens, settings)
        self.app = Starlette(
            routes=[
                Route("/", self._home),
                Route("/sign-in", passwords.show, methods=["GET"]),
                Route("/sign-in", passwords.sign_in, methods=["POST"]),
                Route("/set-up", passwords.set_up, methods=["POST"]),
                *provider_routes(entrance),
            ]
        )

    def browser(self) -> httpx.AsyncClient:
        """One that follows nothing by itself: the test looks at each step."""
        return httpx.AsyncClient(mounts={DESK: httpx.ASGITransport(self.app)}, trust_env=False)

    async def _home(self, request: Request) -> Response:
        try:
            visit = await self.gate.visit(request)
        except NotSignedIn:
            return PlainTextResponse("a stranger", 401)
        return PlainTextResponse(f"{visit.agent.name}, {visit.agent.role}")


@pytest.fixture
def house(company: CompanySignIn, tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, company.issuer)
    yield house
    house.database.close()


async def way_back(company: CompanySignIn, browser: httpx.AsyncClient, login: str = "kim") -> str:
    """Where the company's sign-in sends somebody who began at the desk."""
    there = await browser.get(f"{DESK}/sign-in/provider")
    assert there.status_code == 303, there.text
    return await company.sign_in(browser, there.headers["location"], login)


async def home(browser: httpx.AsyncClient) -> str:
    return (await browser.get(f"{DESK}/")).text


async def test_there_and_back(house: House, company: CompanySignIn) -> None:
    async with house.browser() as browser:
        assert await home(browser) == "a stranger"
        back = await browser.get(await way_back(company, browser))
        assert (back.status_code, back.headers["location"]) == (303, "/")
        assert await home(browser) == "Kim Lee, agent"
        cookies = back.headers.get_list("set-cookie")
        assert any("vera_desk_way=" in one and "Max-Age=0" in one for one in cookies)
        [kept] = [one for one in cookies if one.startswith("vera_desk=")]
        assert "HttpOnly" in kept and "SameSite=lax" in kept and "Path=/" in kept
    [kim] = house.accounts.everybody()
    assert (kim.login, kim.state) == ("kim@alder.example", "active")


async def test_what_travels_is_for_this_browser_and_these_ten_minutes(
    house: House, company: CompanySignIn
) -> None:
    async with house.browser() as browser:
        there = await browser.get(f"{DESK}/sign-in/provider")
        [cookie] = there.headers.get_list("set-cookie")
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert "Max-Age=600" in cookie and "Path=/sign-in/provider" in cookie
        sent = parse_qs(urlsplit(there.headers["location"]).query)
        assert sent["code_challenge_method"] == ["S256"]
        assert sent["state"][0] not in cookie and sent["nonce"][0] not in cookie
        back = await company.sign_in(browser, there.headers["location"], "kim")
    async with house.browser() as another:
        answer = await another.get(back)
        assert answer.status_code == 403
        assert "did not tell us who you are" in answer.text
        assert await home(another) == "a stranger"


async def test_nobody_comes_back_twice_with_one_code(house: House, company: CompanySignIn) -> None:
    async with house.browser() as browser:
        back = await way_back(company, browser)
        kept = {one.name: one.value or "" for one in browser.cookies.jar}
        assert (await browser.get(back)).status_code == 303
        assert (await browser.get(back)).status_code == 403  # its cookie is gone
    async with house.browser() as thief:
        thief.cookies.set("vera_desk_way", kept["vera_desk_way"], domain="desk.example")
        assert (await thief.get(back)).status_code == 403  # the company takes no code twice
        assert await home(thief) == "a stranger"


async def test_a_changed_state_or_code_lets_nobody_in(house: House, company: CompanySignIn) -> None:
    for changed in ("state", "code"):
        async with house.browser() as browser:
            back = httpx.URL(await way_back(company, browser))
            answer = await browser.get(back.copy_set_param(changed, "another"))
            assert answer.status_code == 403
            assert await home(browser) == "a stranger"


async def test_a_code_of_somebody_else_is_no_use_in_another_sign_in(
    house: House, company: CompanySignIn
) -> None:
    """The state is the browser's own, the code is not: PKCE tells."""
    async with house.browser() as thief, house.browser() as victim:
        stolen = httpx.URL(await way_back(company, victim)).params["code"]
        own = httpx.URL(await way_back(company, thief, "lou"))
        assert (await thief.get(own.copy_set_param("code", stolen))).status_code == 403
        assert await home(thief) == "a stranger"


async def test_who_has_no_role_is_told_so(house: House, company: CompanySignIn) -> None:
    async with house.browser() as browser:
        answer = await browser.get(await way_back(company, browser, "lou"))
        assert answer.status_code == 403
        assert "has no place at this desk" in answer.text
    assert house.accounts.everybody() == []


async def test_the_role_is_the_company_s_of_today(house: House, company: CompanySignIn) -> None:
    async with house.browser() as before, house.browser() as after:
        await before.get(await way_back(company, before))
        assert await home(before) == "Kim Lee, agent"
        company.move("kim", ["support", "privacy-team"])
        try:
            await after.get(await way_back(company, after))
        finally:
            company.move("kim", ["support"])
        assert await home(after) == "Kim Lee, officer"
        assert await home(before) == "a stranger"


async def test_who_is_disabled_stays_out(house: House, company: CompanySignIn) -> None:
    async with house.browser() as browser:
        await browser.get(await way_back(company, browser))
        house.accounts.disable("kim@alder.example")
        assert await home(browser) == "a stranger"
        assert (await browser.get(await way_back(company, browser))).status_code == 403
        assert await home(browser) == "a stranger"


async def test_the_company_may_change_its_keys(house: House, company: CompanySignIn) -> None:
    async with house.browser() as browser:
        back = await way_back(company, browser)  # our copy of the keys is from before
        company.change_keys()
        assert (await browser.get(back)).status_code == 303
        assert await home(browser) == "Kim Lee, agent"


async def test_a_company_whose_sign_in_is_away(tmp_path: Path) -> None:
    [nobody] = free_ports(1)
    house = House(tmp_path, f"http://127.0.0.1:{nobody}")
    async with house.browser() as browser:
        answer = await browser.get(f"{DESK}/sign-in/provider")
    assert answer.status_code == 503
    assert "cannot be reached now" in answer.text
    assert 'href="/sign-in/provider"' in answer.text, "and the way to try again"
    house.database.close()


@pytest.mark.parametrize("only", [False, True])
async def test_passwords_beside_the_company_s_sign_in_or_none(tmp_path: Path, only: bool) -> None:
    house = House(tmp_path, "https://login.alder.example", only)
    key = house.accounts.add("kim", "Kim Lee", Role.AGENT)
    async with house.browser() as browser:
        page = (await browser.get(f"{DESK}/sign-in")).text
        assert 'href="/sign-in/provider"' in page
        assert ('name="password"' in page) is not only
        fields = {"login": "kim", "key": key, "password": "seven quiet harbours", "code": "1"}
        tried = await browser.post(f"{DESK}/sign-in", data=fields)
        set_up = await browser.post(f"{DESK}/set-up", data={"login": "kim", "key": key})
    assert (tried.status_code, set_up.status_code) == (403, 403 if only else 200)
    assert ("Use your company account" in tried.text) is only
    house.database.close()


def test_whatever_goes_wrong_at_the_entrance_has_words() -> None:
    screens = Screens(Settings(), Moments(SystemClock(), ZoneInfo("UTC")), "1")
    other = screens.words_of(Problem())
    found = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Problem)]  # fmt: skip
    assert len(found) > 10
    for one in found:
        whys = get_args(errors.Weakness.__value__) if one is errors.PasswordWeak else ("",)
        for why in whys:
            assert one is Problem or screens.words_of(one(why)) != other, (one, why)


async def test_nobody_tries_without_end(house: House) -> None:
    async with house.browser() as browser:
        answers = [(await browser.get(BACK)).status_code for _ in range(25)]
    assert set(answers) == {403, 429}
    assert answers[-1] == 429
