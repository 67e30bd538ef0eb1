"""The file of a download: who is not proven gets none, and who no longer needs it removes it."""

import pytest
from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.driving.company import Company, Person
from tests.driving.house import House
from tests.journeys.conftest import Newcomer


@pytest.fixture
def nina(house: House) -> Person:
    return Company(house.data).welcomes(orders=["2025-03-03"])


def has_a_copy(visitor: Visitor, person: Person) -> str:
    """Ask for a copy and wait for it; the reference."""
    visitor.presses("Download my data")
    visitor.proves(person.email)
    visitor.hears("Your copy is ready (PR-")
    return visitor.reference


def test_a_file_is_removed_before_its_time(
    house: House, visitor: Visitor, newcomer: Newcomer, nina: Person
) -> None:
    held = set(house.data.glob("packages/files/*"))
    reference = has_a_copy(visitor, nina)
    [file] = set(house.data.glob("packages/files/*")) - held
    page = visitor.opens(f"/requests/{reference}").page
    page.get_by_role("link", name="Open your file").click()
    expect(visitor.heading).to_have_text("Your file is ready")
    page.get_by_role("link", name="Remove this file now").click()
    expect(visitor.heading).to_have_text("Remove the file now?")
    page.get_by_role("button", name="Remove the file").click()
    expect(visitor.heading).to_have_text("The file is removed")
    expect(page.get_by_text("Nobody can download it any more.")).to_be_visible()
    assert not file.exists()
    assert "removed" in visitor.mailbox.letter(nina.email, reference)["text"]

    # Its link leads nowhere any more, for anybody.
    visitor.opens(f"/requests/{reference}/download")
    visitor.passes_the_door(nina.email)
    expect(visitor.heading).to_have_text("The file is removed")
    visitor.opens(f"/requests/{reference}")
    expect(page.get_by_role("link", name="Open your file")).to_have_count(0)
    expect(page.locator(".timeline li").first).to_contain_text("You removed the file.")


def test_a_download_without_javascript_in_another_browser(
    visitor: Visitor, newcomer: Newcomer, nina: Person
) -> None:
    reference = has_a_copy(visitor, nina)
    other = newcomer(java_script_enabled=False).opens(f"/requests/{reference}/package")
    other.passes_the_door(nina.email)
    other.page.get_by_role("link", name="Download with a code").click()
    other.passes_the_door(nina.email)
    with other.page.expect_download() as saved:
        other.page.get_by_role("button", name="Download (").click()
    assert saved.value.path().read_bytes().startswith(b"PK")
    other.opens(f"/requests/{reference}")
    expect(other.page.locator(".timeline li").first).to_contain_text(
        "The file was downloaded after a code."
    )


def test_somebody_elses_code_opens_nothing(
    house: House, visitor: Visitor, newcomer: Newcomer, nina: Person
) -> None:
    reference = has_a_copy(visitor, nina)
    mallory = Company(house.data).welcomes("Mallory Fremd")
    other = newcomer().opens(f"/requests/{reference}/package")
    other.passes_the_door(mallory.email)
    expect(
        other.page.get_by_text("There is no request with this reference for the contact")
    ).to_be_visible()
    assert nina.email not in other.page.content()
