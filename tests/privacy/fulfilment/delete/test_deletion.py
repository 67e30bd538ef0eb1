"""Deletion, from the yes to the receipt, on the sample company's real databases."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from privacy.clock import FixedClock
from privacy.datamap.deletion import erasures
from privacy.datamap.parts import ManualSystem
from privacy.datamap.scope import Scope
from privacy.fulfilment.job import Json
from privacy.mail.letters import VALUES, Letters
from privacy.requests import Reason, State
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import work
from tests.privacy.filing.filing_world import POLICY
from tests.privacy.fulfilment.delete.deletion_world import JANE, SYSTEMS, DeletionWorld, contact
from tests.privacy.fulfilment.work_world import Straight

FAMILY = "family.brandt@example.com"


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> DeletionWorld:
    return DeletionWorld(database, keyring, clock, tmp_path)


def holding(world: DeletionWorld, text: str) -> list[str]:
    """In which systems a text stands anywhere."""
    return [name for name, rows in world.dump().items() if any(text in row for row in rows)]


# ---- Jane deletes everything -------------------------------------------------------------------------------


def test_jane_is_gone_and_her_invoices_stay_as_the_map_says(world: DeletionWorld) -> None:
    jane = world.one("shop", "SELECT id FROM customers WHERE email = ?", JANE)
    invoices = "SELECT id, billing_name, total_cents FROM invoices WHERE order_id IN "
    hers = f"(SELECT id FROM orders WHERE customer_id = {jane})"
    before = world.sql("shop", invoices + hers)
    filed = world.delete()
    assert world.ended == ["done"]
    assert world.state(filed.reference) is State.DONE

    assert holding(world, JANE) == []
    assert world.sql("shop", invoices + hers) == before
    assert len(before) == 7
    assert world.sql(
        "shop", f"SELECT DISTINCT billing_email FROM invoices WHERE order_id IN {hers}"
    ) == [(None,)]
    shell = world.sql(
        "shop",
        "SELECT name, email, phone, birth_date, password_hash FROM customers WHERE id = ?",
        jane,
    )
    assert shell == [(None,) * 5]
    assert world.one("shop", "SELECT count(*) FROM addresses WHERE customer_id = ?", jane) == 0
    assert world.directory.find(contact(JANE)) == []
    assert world.directory.find(contact("+49 30 23125101")) == []


def test_nobody_else_is_touched(world: DeletionWorld) -> None:
    def others() -> list[object]:
        found: list[object] = [
            world.sql("shop", "SELECT * FROM customers WHERE id != 1 ORDER BY id"),
            world.sql("newsletter", "SELECT * FROM subscriptions WHERE email != ?", JANE),
            world.sql(
                "support",
                "SELECT * FROM tickets WHERE customer_number IS NOT 'AF-1001' ORDER BY id",
            ),
        ]
        for table in ("orders", "addresses"):
            found.append(world.sql("shop", f"SELECT * FROM {table} WHERE customer_id != 1"))
        return found

    assert world.one("shop", "SELECT id FROM customers WHERE email = ?", JANE) == 1
    before = others()
    world.delete()
    assert others() == before


def test_the_receipt_says_what_went_and_what_stays_and_names_nobody(world: DeletionWorld) -> None:
    plan = world.planner.look(contact(JANE), world.subject(JANE), Scope())
    filed = world.delete()
    [(_, wording, values)] = world.said.all
    assert wording == "utter_deleted"
    assert values["reference"] == filed.reference
    assert values["lines"] == plan.receipt()
    assert "2 addresses" in values["lines"]
    assert "7 invoices" in values["lines"]
    assert "because tax law tells us to keep invoices" in values["lines"]
    [mail] = world.mails.sent("deletion_done")
    assert mail.to == JANE
    letter = Letters().write(
        "deletion_done", "en", {**mail.values, "company": "A", "origin": "o", "chat": "c"}
    )
    for personal in ("jane", "miller", "Gartenstr", "23125101", "AF-1001", "1987"):
        assert personal not in f"{letter.subject}\n{letter.body}".lower()
    assert set(VALUES["deletion_done"]) <= set(mail.values)
    assert world.request_row(filed.reference)["reason"] == Reason.KEPT_IN_PART


def test_a_second_run_changes_nothing(world: DeletionWorld) -> None:
    filed = world.delete()
    after = world.dump()
    places = world.notes.places(world.request_row(filed.reference)["id"]) or {}
    assert set(places) == set(SYSTEMS)
    for name, acts in erasures(world.datamap, Scope()).items():
        again = world.directory.system(name).erase(places[name], acts)
        assert sum(one.erased + one.blanked for one in again) == 0
    assert world.dump() == after


def test_every_way_to_her_is_told_to_the_recipients(world: DeletionWorld) -> None:
    world.delete()
    told = {mail.to: mail.values for mail in world.mails.sent("recipient_told")}
    assert "data@parcels.example" in told
    assert "privacy@mailings.example" in told
    for values in told.values():
        assert JANE in values["person"]
        assert "GDPR" not in values["asked"]
        assert "Delete it on your side" in values["asked"]


# ---- Parts of it -------------------------------------------------------------------------------------------


def fields_of(world: DeletionWorld, system: str, *tables: str) -> Scope:
    described = world.datamap.systems[system].tables
    return Scope(
        frozenset(
            f"{system}.{table}.{column}"
            for table in (tables or described)
            for column in described[table].fields
        )
    )


def test_only_the_newsletter(world: DeletionWorld) -> None:
    before = world.dump("shop", "support")
    filed = world.delete(scope=fields_of(world, "newsletter"))
    assert world.dump("shop", "support") == before
    assert holding(world, JANE) == ["shop", "support"]
    assert world.request_row(filed.reference)["reason"] is None
    [(_, _, values)] = world.said.all
    assert "newsletter" in values["lines"]
    assert "shop" not in values["lines"]


def test_only_one_field(world: DeletionWorld) -> None:
    before = world.sql("shop", "SELECT name, email, birth_date FROM customers WHERE id = 1")
    world.delete(scope=Scope(frozenset({"shop.customers.phone"})))
    after = "SELECT name, email, birth_date, phone FROM customers WHERE id = 1"
    assert world.sql("shop", after) == [(*before[0], None)]
    assert world.directory.find(contact(JANE)) != []


def test_only_what_is_older_than_a_day(world: DeletionWorld) -> None:
    days = [
        d
        for (d,) in world.sql(
            "newsletter", "SELECT happened_at FROM activity WHERE subscription_id = 1 ORDER BY 1"
        )
    ]
    middle = date.fromisoformat(days[len(days) // 2][:10])
    wish = fields_of(world, "newsletter", "activity")
    world.delete(scope=Scope(wish.fields, until=middle))
    left = world.sql("newsletter", "SELECT happened_at FROM activity WHERE subscription_id = 1")
    assert sorted(d for (d,) in left) == [d for d in days if d[:10] > middle.isoformat()]
    assert left


# ---- One contact, two people -------------------------------------------------------------------------------


def test_a_shared_address_costs_only_the_one_who_asked(world: DeletionWorld) -> None:
    tobias, miriam = sorted(
        {
            record.subject
            for record in world.directory.find(contact(FAMILY))
            if record.subject.startswith("shop")
        }
    )
    hers = world.sql("shop", "SELECT * FROM customers WHERE customer_number = 'AF-1003'")
    orders = world.sql(
        "shop",
        "SELECT o.* FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.customer_number = 'AF-1003'",
    )
    rest = world.dump("support", "newsletter")
    world.delete(FAMILY, subject=tobias)
    assert world.ended == ["done"]
    assert world.sql("shop", "SELECT * FROM customers WHERE customer_number = 'AF-1003'") == hers
    assert (
        world.sql(
            "shop",
            "SELECT o.* FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.customer_number = 'AF-1003'",
        )
        == orders
    )
    assert world.dump("support", "newsletter") == rest
    assert world.sql(
        "shop", "SELECT count(*) FROM customers WHERE customer_number = 'AF-1002'"
    ) == [(0,)]
    assert {record.subject for record in world.directory.find(contact(FAMILY))} >= {miriam}


@pytest.mark.parametrize(
    "who",
    [
        "siobhan.o'connor@example.com",
        "bobby.tables@example.com",
        "emoji.fan@example.com",
        "030 23125 106",
        "just.asking@example.com",
        "reads.only@example.com",
        "karl.sammler@example.com",
    ],
)
def test_others_can_go_as_well(world: DeletionWorld, who: str) -> None:
    filed = world.delete(who)
    assert world.ended == ["done"]
    assert world.directory.find(contact(who)) == []
    assert world.state(filed.reference) is State.DONE


# ---- What can come in between --------------------------------------------------------------------------------


def test_a_system_that_is_away_is_done_later_and_the_shop_waits_for_it(
    world: DeletionWorld,
) -> None:
    filed = world.file_delete()
    world.clock.move(timedelta(days=POLICY.deletion.undo_days))
    away = world.folder / "newsletter.db"
    # Where the rows are is found first, and only then the system goes away.
    steps = Interrupting("mark:newsletter", lambda: away.rename(away.with_suffix(".away")))
    assert world.work(steps) == ["down"]
    assert holding_in(world, JANE, "shop")
    assert not holding_in(world, JANE, "support")
    assert world.state(filed.reference) is State.COMMITTED
    away.with_suffix(".away").rename(away)
    world.clock.move(timedelta(hours=2))
    assert world.work() == ["done"]
    assert holding(world, JANE) == []


def test_a_refusal_is_a_task_and_never_done(world: DeletionWorld) -> None:
    with_trigger = (
        "CREATE TRIGGER no BEFORE DELETE ON segments BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    world.sql("newsletter", with_trigger)
    filed = world.delete()
    assert world.ended == ["for_person"]
    assert holding(world, JANE) == ["shop", "newsletter"]
    [task] = world.tasks.list_open()
    assert (task.kind, task.system) == ("refused", "newsletter")
    assert JANE not in task.what
    world.sql("newsletter", "DROP TRIGGER no")
    world.tasks.finish(task.id, "kim")
    assert world.work() == ["done"]
    assert holding(world, JANE) == []
    assert world.state(filed.reference) is State.DONE


def test_a_row_that_is_written_again_and_again_is_never_called_deleted(
    world: DeletionWorld,
) -> None:
    world.sql(
        "newsletter",
        "CREATE TRIGGER back AFTER DELETE ON segments BEGIN INSERT INTO segments "
        "(subscription_id, segment, reason, score) VALUES (OLD.subscription_id, 'kitchen', 'x', 1); END",
    )
    filed = world.delete()
    assert world.ended == ["for_person"]
    assert world.state(filed.reference) is State.COMMITTED
    assert world.wordings() == ["utter_person_helps"]
    [task] = world.tasks.list_open()
    assert task.kind in ("left_over", "refused")


def test_more_rows_than_the_map_expects_stop_it_before_anything_goes(world: DeletionWorld) -> None:
    world.sql(
        "shop",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) "
        "INSERT INTO addresses (customer_id, kind) SELECT 1, 'delivery' FROM n",
    )
    before = world.dump("shop")
    world.delete()
    assert world.ended == ["for_person"]
    assert world.dump("shop") == before
    [task] = world.tasks.list_open()
    assert (task.kind, task.system) == ("refused", "shop")
    assert "1000 rows" in task.what


def test_a_manual_system_is_asked_for_and_waited_for(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    paper = {
        "label": "our paper files",
        "kind": "manual",
        "who": "the warehouse team",
        "tables": {
            "letters": {
                "label": "letters you sent us",
                "retention": "support_time",
                "source": "from you, by post",
                "on_delete": "erase",
                "fields": {
                    "text": {
                        "label": "what you wrote",
                        "category": "user.content",
                        "purpose": ["support"],
                    }
                },
            }
        },
    }
    world = DeletionWorld(
        database, keyring, clock, tmp_path, {"paper": ManualSystem.model_validate(paper)}
    )
    plan = world.planner.look(contact(JANE), world.subject(JANE), Scope())
    assert plan.by_hand == ("our paper files: the warehouse team looks and deletes it",)
    filed = world.delete()
    assert world.ended == ["for_person"]
    assert holding(world, JANE) == []
    [task] = world.tasks.list_open()
    assert (task.kind, task.system) == ("erase_by_hand", "paper")
    assert JANE in task.what
    assert "what you wrote" in task.what
    world.tasks.finish(task.id, "kim", "shredded")
    assert world.work() == ["done"]
    assert "Done by hand" in world.said.all[-1][2]["lines"]
    assert world.state(filed.reference) is State.DONE


def test_each_step_may_be_cut_off_and_the_end_is_the_same(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    world = DeletionWorld(database, keyring, clock, tmp_path)
    filed = world.file_delete()
    world.clock.move(timedelta(days=POLICY.deletion.undo_days))
    plan = world.planner.look(contact(JANE), world.subject(JANE), Scope())
    cut = 0
    while world.state(filed.reference) is not State.DONE:
        cut += 1
        assert cut < 40
        world.work(Cut(cut))
        world.clock.move(timedelta(hours=2))
        with world.database.write() as tx:
            tx.execute(update(work).values(attempts=0))
        for task in world.tasks.list_open():
            world.tasks.finish(task.id, "kim")
    assert cut > 5
    assert holding(world, JANE) == []
    assert [said for said in world.wordings() if said == "utter_deleted"] == ["utter_deleted"]
    assert world.said.all[-1][2]["lines"] == plan.receipt()
    assert len(world.mails.sent("deletion_done")) == 1


class Interrupting(Straight):
    """Steps in whose midst something happens."""

    def __init__(self, before: str, happens: Callable[[], object]) -> None:
        super().__init__()
        self._before, self._happens = before, happens

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        if name == self._before:
            self._happens()
        return super().run(name, act)


class Cut(Straight):
    """Steps that end with a crash after so many, once the step has done its work."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        done = super().run(name, act)
        if len(self.names) >= self._after:  # whatever else was being done ends as well
            raise RuntimeError("the power went")
        return done


def holding_in(world: DeletionWorld, text: str, system: str) -> bool:
    return any(text in row for row in world.dump(system)[system])
