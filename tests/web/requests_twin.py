"""A throw-away twin of the requests behind the pages: two customers, their requests, codes that are always 123456."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from privacy.contacts import Contact
from privacy.errors import (
    NothingToResend,
    NotPossibleNow,
    NotProven,
    RequestNotFound,
    ResendTooSoon,
    TooManyCodes,
)
from privacy.references import check_symbol
from tests.web.twin import Twin
from web.chat.requests.views import (
    Act,
    CategoryView,
    Checked,
    DataView,
    Download,
    FieldView,
    Happened,
    LawDate,
    Needs,
    PackageView,
    Page,
    RowView,
    StatusView,
    SystemView,
    TableView,
    TaskView,
)

CODE = "123456"
JANE, JOHN = "jane.miller@example.com", "john@example.com"
NOW = datetime(2026, 11, 21, 13, 37, tzinfo=UTC)


def reference(body: str) -> str:
    """A well-formed reference from seven symbols."""
    whole = body + check_symbol(body)
    return f"PR-{whole[:4]}-{whole[4:]}"


SEE, EXPORT, DELETE, DONE, JOHNS, NOBODYS = (
    reference(body) for body in ("7K4M29X", "3H8T1QA", "9D2R5ZC", "4B6N0WE", "8F1Y3VG", "2J5S7PK")
)
OPERATION: dict[Page, str] = {"data": "view", "download": "download", "delete-now": "delete_now"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}} ${7*7}",
    "=cmd()|' /C calc'!A0",
    "\x00nul\x07bell",
    "\u202ereversed",
    "𝒜 🎉 \U0010ffff",
    "</details></main><form action=https://evil.example>",
    "javascript:alert(1)",
)


@dataclass
class Asked:
    """A code that is awaited."""

    reference: str
    page: Page
    contact: str
    tries: int = 5
    sends: int = 1


@dataclass
class RequestsTwin:
    """The requests of one test."""

    twin: Twin
    time: datetime = NOW
    owner: dict[str, str] = field(default_factory=dict)
    views: dict[str, StatusView] = field(default_factory=dict)
    datas: dict[str, DataView] = field(default_factory=dict)
    packages: dict[str, PackageView] = field(default_factory=dict)
    awaited: dict[str, Asked] = field(default_factory=dict)
    proofs: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    objected: list[str] = field(default_factory=list)
    closed: int = 0
    secret: str = "objection-secret-0123456789"
    too_many: bool = False
    quiet_looks: int = 0

    def __post_init__(self) -> None:
        for ref, view in sample_requests().items():
            self.put(ref, JOHN if ref == JOHNS else JANE, view)
        self.datas = {SEE: sample_data(SEE), JOHNS: sample_data(JOHNS)}
        self.packages = {EXPORT: sample_package(EXPORT)}

    def put(self, ref: str, owner: str, view: StatusView) -> None:
        self.owner[ref], self.views[ref] = owner, view

    def now(self) -> datetime:
        return self.time

    # The door

    def needs(self, conversation: str, reference: str, page: Page, *, quietly: bool) -> Needs:
        self.quiet_looks += quietly
        if self._proven(conversation, reference, OPERATION.get(page, "status")):
            return Needs("nothing")
        known = next((c for _, _, c in self.proofs.get(conversation, ())), "")
        masked = f"{known[0]}•••@{known.partition('@')[2]}" if known else ""
        asked = self.awaited.get(conversation)
        if asked and (asked.reference, asked.page) == (reference, page):
            state = "live" if asked.tries else "locked"
            until = self.time + timedelta(minutes=10)
            return Needs("code", masked, state, until, asked.tries, asked.sends < 4)  # type: ignore[arg-type]
        return Needs("contact", masked)

    def ask_code(
        self,
        conversation: str,
        reference: str,
        page: Page,
        typed: Contact | None,
        turn: str,
        language: str,
    ) -> None:
        self.calls.append("ask_code")
        if self.too_many:
            raise TooManyCodes
        known = next((c for _, _, c in self.proofs.get(conversation, ())), "")
        if typed is None and not known:
            raise NotProven
        self.awaited[conversation] = Asked(reference, page, typed.value if typed else known)

    def resend(self, conversation: str, reference: str, page: Page, turn: str) -> None:
        self.calls.append("resend")
        asked = self.awaited.get(conversation)
        if asked is None or (asked.reference, asked.page) != (reference, page):
            raise NothingToResend
        if asked.sends > 1:
            raise ResendTooSoon
        asked.sends += 1

    def check_code(
        self, conversation: str, token: str, reference: str, page: Page, text: str, turn: str
    ) -> Checked:
        self.calls.append("check_code")
        asked = self.awaited.get(conversation)
        if asked is None or (asked.reference, asked.page) != (reference, page):
            return Checked("none")
        if not (text.isdigit() and len(text) == 6):
            return Checked("length" if text.isdigit() else "unread", asked.tries)
        if asked.tries == 0:
            return Checked("locked")
        asked.tries -= 1
        if text != CODE or asked.contact not in (JANE, JOHN):
            return Checked("wrong" if asked.tries else "locked", asked.tries)
        del self.awaited[conversation]
        operation = OPERATION.get(page, "status")
        self.proofs.setdefault(conversation, set()).add((operation, reference, asked.contact))
        new = secrets.token_urlsafe(24)
        del self.twin.tokens[token]
        self.twin.tokens[new] = conversation
        return Checked("accepted", new_token=new)

    def _proven(self, conversation: str, reference: str, operation: str) -> str:
        """The contact that is proven for this."""
        for done, act, contact in self.proofs.get(conversation, ()):
            if operation == "status" or (done, act) == (operation, reference):
                return contact
        return ""

    def _theirs(self, conversation: str, ref: str, operation: str = "status") -> bool:
        contact = self._proven(conversation, ref, operation)
        if not contact:
            raise NotProven
        return self.owner.get(ref) == contact

    # What is shown

    def status(self, conversation: str, reference: str, *, quietly: bool) -> StatusView | None:
        return self.views[reference] if self._theirs(conversation, reference) else None

    def data(self, conversation: str, reference: str) -> DataView | None:
        return self.datas.get(reference) if self._theirs(conversation, reference, "view") else None

    def more(self, conversation: str, reference: str, table: str, skip: int) -> TableView | None:
        if not self._theirs(conversation, reference, "view"):
            return None
        return orders(skip, 100) if table == "shop-orders" else None

    def package(self, conversation: str, reference: str, *, quietly: bool) -> PackageView | None:
        return self.packages.get(reference) if self._theirs(conversation, reference) else None

    def download(self, conversation: str, reference: str) -> Download | None:
        self.calls.append("download")
        if not self._theirs(conversation, reference, "download"):
            return None
        package = self.packages[reference]
        if package.state != "ready":
            raise NotPossibleNow
        left = package.downloads_left - 1
        self.packages[reference] = replace(
            package,
            downloads=package.downloads + 1,
            downloads_left=left,
            state="ready" if left else "used_up",
            gone_at=self.time,
        )
        return Download(chunks(), 3 * 1000, package.filename, self._closed)

    def _closed(self) -> None:
        self.closed += 1

    # What the customer does

    def undo(self, conversation: str, reference: str, turn: str) -> None:
        self._act(conversation, reference, "undo", status="cancelled")

    def cancel(self, conversation: str, reference: str, turn: str) -> None:
        self._act(conversation, reference, "cancel", status="cancelled")

    def delete_now(self, conversation: str, reference: str, turn: str) -> None:
        self._act(conversation, reference, "delete-now", "delete_now", status="in_progress")

    def remove_package(self, conversation: str, reference: str, turn: str) -> None:
        self._act(conversation, reference, "remove-file")
        package = self.packages[reference]
        self.packages[reference] = replace(package, state="removed", gone_at=self.time)

    def _act(
        self, conversation: str, ref: str, act: Act, operation: str = "status", status: str = ""
    ) -> None:
        self.calls.append(act)
        if not self._theirs(conversation, ref, operation):
            raise RequestNotFound
        view = self.views[ref]
        if act not in view.acts:
            raise NotPossibleNow
        closed = self.time if status == "cancelled" else view.closed_at
        self.views[ref] = replace(
            view, status=status or view.status, acts=frozenset(), closed_at=closed
        )

    def object_to_change(self, reference: str, secret: str) -> bool:
        self.calls.append("object")
        if secret != self.secret:
            return False
        self.objected.append(reference)
        return True


def chunks() -> Iterator[bytes]:
    for n in range(3):
        yield bytes([65 + n]) * 1000


def sample_requests() -> dict[str, StatusView]:
    """One request of each sort."""
    received = NOW - timedelta(days=2, hours=3)
    laws = (
        LawDate("LGPD", NOW + timedelta(days=13), "LGPD Art. 19 II"),
        LawDate("GDPR", NOW + timedelta(days=28), "GDPR Art. 12(3)"),
        LawDate("UK GDPR", NOW + timedelta(days=28), "UK GDPR Art. 12(3)"),
        LawDate("CCPA/CPRA", NOW + timedelta(days=43), "CCPA Regulations §7021(b)"),
    )
    see = StatusView(
        reference=SEE, kind="access", wish="see your data", status="in_progress", received_at=received,
        due_at=NOW + timedelta(days=13), set_by="LGPD", laws=laws,
        history=(
            Happened(received, "filed"),
            Happened(received + timedelta(seconds=4), "started"),
            Happened(received + timedelta(seconds=9), "system_done", {"system": "our shop"}),
            Happened(received + timedelta(seconds=12), "system_down", {"system": "our support desk"}),
        ),
        systems=(
            SystemView("our shop", "done", counts={"found": 221}),
            SystemView("our newsletter", "working"),
            SystemView("our support desk", "down", again_at=NOW + timedelta(minutes=22)),
            SystemView("the archive in the cellar", "for_person"),
        ),
        tasks=(TaskView("A person looks into our paper archive for letters from you.", NOW + timedelta(days=4)),),
        acts=frozenset({"cancel"}), data_until=NOW + timedelta(days=28),
    )  # fmt: skip
    export = replace(
        see, reference=EXPORT, kind="export", wish="download your data", status="done", closed_at=NOW, systems=see.systems[:1],
        tasks=(), acts=frozenset({"remove-file"}), has_package=True, data_until=None, scope="your orders since 1 January 2023",
        history=(*see.history[:3], Happened(NOW, "finished")),
    )  # fmt: skip
    delete = replace(
        see, reference=DELETE, kind="delete", wish="delete your data", status="scheduled", scheduled_at=NOW + timedelta(days=4, hours=21),
        due_at=NOW + timedelta(days=26), set_by="our own promise", systems=(), tasks=(),
        acts=frozenset({"undo", "delete-now"}), data_until=None,
        history=(see.history[0], Happened(received, "scheduled")),
    )  # fmt: skip
    done = replace(
        delete, reference=DONE, status="done", reason="kept_in_part", closed_at=NOW, scheduled_at=None, acts=frozenset(),
        systems=(
            SystemView("our shop", "done", counts={"erased": 31, "anonymised": 4, "kept": 12}),
            SystemView("our newsletter", "done"),
        ),
        history=(
            *delete.history, Happened(NOW - timedelta(hours=1), "time_came"), Happened(NOW - timedelta(minutes=58), "committed"),
            Happened(NOW - timedelta(minutes=2), "recipients_told"), Happened(NOW, "finished"),
        ),
    )  # fmt: skip
    return {
        SEE: see,
        EXPORT: export,
        DELETE: delete,
        DONE: done,
        JOHNS: replace(see, reference=JOHNS),
    }


CONTRACT = {
    "ground": "Contract",
    "because": "you opened an account",
    "until": "as long as you have your account, and three years after",
    "source": "from you, when you opened your account",
}


def known(
    label: str,
    why: str = "to give you an account in which your orders are together",
    **more: object,
) -> FieldView:
    return FieldView(label, (why,), **{**CONTRACT, **more})  # type: ignore[arg-type]


def orders(skip: int = 0, step: int = 20) -> TableView:
    """214 orders."""
    deliver = {
        "why": "to bring your orders to you", "because": "you ordered from us and want to receive it",
        "until": "ten years after the invoice", "source": "from us, when you ordered",
        "recipients": ("the parcel service, so that it can deliver",),
    }  # fmt: skip
    return TableView(
        "shop-orders", "your orders", "our shop", 214,
        (
            known("the number of the order", **deliver), known("when you ordered", **deliver),  # type: ignore[arg-type]
            known("how far the order is", **deliver), known("what the order cost", **{**deliver, "why": "to keep our books, as every shop has to", "ground": "Law"}),  # type: ignore[arg-type]
            known("the note you added for a gift", **deliver),  # type: ignore[arg-type]
        ),
        [
            RowView(
                (f"AF-{20190000 + n}", f"{1 + n % 28} March 20{19 + n % 7}, 18:04", "Delivered", f"{17 + n % 60}.90 €",
                 "Happy birthday, dear Grandma! I hope the lamp fits beside your reading chair." if n % 7 == 3 else None),
                datetime(2019 + n % 7, 3, 1 + n % 28, 17, 4, tzinfo=UTC), datetime(2030 + n % 7, 12, 31, tzinfo=UTC),
            )
            for n in range(skip, min(214, skip + step))
        ],
        skip,
    )  # fmt: skip


def sample_data(ref: str, hostile: bool = False) -> DataView:
    """A lively customer."""
    account = TableView(
        "shop-customers", "your account", "our shop", 1,
        (
            known("your name", correct="your name"),
            known("your e-mail address", "to reach you when something about an order needs an answer", correct="your e-mail address",
                  recipients=("the parcel service, so that it can announce your parcel", "the mailing service, so that it can send you our newsletter")),
            known("your phone number", "to reach you when something about an order needs an answer", correct="your phone number"),
            known("your date of birth", "to send you a voucher on your birthday", ground="Consent", because="you said yes to it", correct="your date of birth"),
            known("your password", "to make sure that nobody but you gets into your account", hidden=True),
            known("your picture", is_file=True),
        ),
        [RowView(("Jane Miller", JANE, "+49 30 901820", None, "", "portrait.jpg, 84 kB"), datetime(2019, 3, 2, tzinfo=UTC))],
    )  # fmt: skip
    addresses = TableView(
        "shop-addresses", "your addresses", "our shop", 2,
        (known("the name on the parcel", correct="your address"), known("street and number", correct="your address"), known("postcode and town", correct="your address")),
        [
            RowView(("Jane Miller", "Kastanienallee 12", "10435 Berlin"), datetime(2019, 3, 2, tzinfo=UTC)),
            RowView(("Rosa Miller", "Am Alten Hafen 3", "23966 Wismar"), datetime(2022, 12, 9, tzinfo=UTC)),
        ],
    )  # fmt: skip
    payments = TableView(
        "shop-payments", "your payments", "our shop", 3,
        (known("how you paid", "to take your payment"), known("the bank account for your refund", "to give a payment back", hidden=True), known("how much you paid", "to take your payment")),
        [RowView(("Card", "", "64.90 €"), datetime(2024, 5, n, tzinfo=UTC)) for n in (1, 2, 3)],
    )  # fmt: skip
    talks = TableView(
        "support-messages", "what you and we wrote", "our support desk", 5,
        (known("who wrote, you or we", "to answer your question"), known("the message", "to answer your question"), known("when it was written", "to answer your question")),
        [
            RowView(("You" if n % 2 == 0 else "We", text, f"{3 + n} May 2025, 09:1{n}"), datetime(2025, 5, 3 + n, tzinfo=UTC))
            for n, text in enumerate(HOSTILE[:5] if hostile else (
                "Hello,\nthe lamp arrived with a crack in its shade. What can we do?",
                "Hello Jane, that should not happen. We send a new shade today, and you can keep the old one for parts.",
                "Thank you, it arrived.", "Good to hear. Enjoy the light.", "One more thing: can I have the invoice again?"))
        ],
    )  # fmt: skip
    if hostile:
        fields = tuple(known(value.replace("\0", "") + f" {n}") for n, value in enumerate(HOSTILE))
        account = TableView("hostile", HOSTILE[0], HOSTILE[1], 1, fields, [RowView(HOSTILE)])
    return DataView(
        ref, NOW - timedelta(minutes=3), NOW + timedelta(days=28),
        (
            CategoryView("you", "you and your account", "your name, two addresses and how to reach you", (account, addresses)),
            CategoryView("orders", "orders and payments", "214 orders since 2019 and 3 payments", (orders(), payments)),
            CategoryView("talks", "what you wrote", "1 question with 5 messages", (talks,)),
        ),
        ("the archive in the cellar: a person looks there",),
    )  # fmt: skip


def sample_package(ref: str) -> PackageView:
    """A file that waits."""
    return PackageView(
        ref, "ready", f"{ref}-your-data.zip", 4_183_552, NOW - timedelta(minutes=9), NOW + timedelta(days=2, hours=23, minutes=51),
        None, 0, 3,
        (
            "A letter that explains each part, and what was left out and why",
            "index.html, to read everything in your browser",
            "data.json and 7 CSV files, to take your data elsewhere",
            "2 files that you had sent us",
        ),
    )  # fmt: skip
