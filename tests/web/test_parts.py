"""Text into parts, and the words of the page."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.chat import page, wording
from web.chat.parts import split_parts


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "https://",
                "a.example",
                "/",
                "@",
                ".",
                " ",
                "é",
                "<",
                '"',
                "x",
                ":",
                "1",
                "[",
                "]",
                "%",
            ]
        )
    ).map("".join)
)
def test_nothing_is_added_or_lost(text: str) -> None:
    parts = split_parts(text)
    assert "".join(part["text"] for part in parts) == text
    for part in parts:
        if "href" in part:
            assert part["href"] == part["text"]
            assert re.match(r"https://[A-Za-z0-9.:-]+(?:[/?#]|$)", part["href"])


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        (
            "(https://a.example) and https://b.example:8443/z",
            ["https://a.example", "https://b.example:8443/z"],
        ),
        ("http://a.example ftp://a.example javascript:x", []),
        ("https://good.example@evil.example", []),
        ("https://gооd.example", []),
        ("https://", []),
        ("https://a.example\u202egnp.exe", ["https://a.example"]),
    ],
)
def test_only_plain_https_addresses_become_links(text: str, links: list[str]) -> None:
    assert [part["href"] for part in split_parts(text) if "href" in part] == links


def test_the_browsers_favourite_language_that_we_speak() -> None:
    assert wording.preferred("de-DE,de;q=0.9,en;q=0.1") == "en"
    assert wording.preferred("") == wording.preferred("xx;q=nonsense,*") == "en"
    assert wording.direction("ar") == "rtl" and wording.direction("en") == "ltr"


def test_words_are_calm_and_the_script_has_all_of_its_own() -> None:
    words = wording.words("en")
    for text in words.values():
        assert not re.search(r"!|\b(please|sorry|invalid|oops|submit|DSAR)\b", text, re.I), text
    used = set(
        re.findall(
            r"\bwords\.(\w+)",
            "".join(
                p.read_text() for p in (Path(page.__file__).parents[1] / "static/chat").glob("*.js")
            ),
        )
    )
    assert used == set(page._SCRIPT_WORDS)
    templates = "".join(
        p.read_text() for p in (Path(page.__file__).parent / "templates").glob("*.html")
    )
    assert set(re.findall(r"\bwords\.(\w+)", templates)) <= words.keys()
