"""What each role may do: the whole table, written down a second time."""

import pytest

from privacy.agents.roles import PERMITTED, Act, Role, check_permitted, is_permitted
from privacy.errors import NotAllowed

MAY = {
    Role.AGENT: {
        "read_conversations", "claim", "reply", "note", "reveal", "read_requests", "do_task", "propose", "read_metrics",
    },
    Role.OFFICER: {
        "read_conversations", "claim", "assign", "reply", "note", "reveal", "read_requests", "do_task", "propose",
        "decide", "hold", "write_saved_replies", "read_metrics", "read_audit",
    },
    Role.ADMINISTRATOR: {"assign", "write_saved_replies", "read_metrics"},
    Role.AUDITOR: {"read_conversations", "read_requests", "read_metrics", "read_audit"},
}  # fmt: skip
LOOKS = {Act.READ_CONVERSATIONS, Act.READ_REQUESTS, Act.READ_METRICS, Act.READ_AUDIT}


@pytest.mark.parametrize("role", Role)
def test_every_role_may_what_the_table_says_and_nothing_else(role: Role) -> None:
    assert {act.value for act in Act if is_permitted(role, act)} == MAY[role]


def test_no_act_is_without_a_line_and_none_is_nobodys() -> None:
    assert set(PERMITTED) == set(Act)
    assert all(PERMITTED.values())


def test_who_only_looks_changes_nothing() -> None:
    assert {act for act in Act if is_permitted(Role.AUDITOR, act)} <= LOOKS


def test_no_act_leads_round_a_proof() -> None:
    """S-27: nobody may skip verification; there is no such act to give to anybody."""
    assert not [act for act in Act if any(word in act.value for word in ("skip", "override", "verif"))]  # fmt: skip


def test_what_is_not_permitted_raises() -> None:
    check_permitted(Role.OFFICER, Act.DECIDE)
    with pytest.raises(NotAllowed, match="agent may not decide"):
        check_permitted(Role.AGENT, Act.DECIDE)
