"""Text into parts, and the words of the page."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.chat import page, wording
from web.chat.parts import OwnPages, split_parts


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


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "https://privacy.shop.example"])
@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("/requests", "Look up a request"),
        ("/requests/PR-7K4M-29XD", "Open your request"),
        ("/requests/PR-7K4M-29XD/data", "Open your data"),
        ("/requests/PR-7K4M-29XD/package", "Open your file"),
        ("/requests/PR-7K4M-29XD/undo", "Undo the deletion"),
    ],
)
def test_our_own_pages_are_linked_in_words(origin: str, tail: str, words: str) -> None:
    address = origin + tail
    for after in (".", "\nYou can go on.", ")", "", ", then"):
        parts = split_parts(f"Here: {address}{after}", OwnPages(origin))
        assert parts[:2] == [{"text": "Here: "}, {"text": words, "href": address}]
        assert "".join(part["text"] for part in parts[2:]) == after


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080/chat",
        "http://127.0.0.1:8080/requests/PR-7K4M-29XD/other",
        "http://127.0.0.1:8080/requests/PR-7K4M-29XD/data/x",
        "http://127.0.0.1:8080/requests/PR-7K4M-29XD?x=1",
        "http://127.0.0.1:8080/requestsx",
        "http://127.0.0.1:8080@evil.example/requests",
        "http://127.0.0.1:80801/requests",
        "http://evil.example/requests/PR-7K4M-29XD",
    ],
)
def test_no_other_address_without_https_is_linked(text: str) -> None:
    assert split_parts(text, OwnPages("http://127.0.0.1:8080")) == [{"text": text}]


def test_words_never_stand_for_a_part_of_another_address() -> None:
    own = "https://vera.example/requests"
    text = f"https://evil.example/?to={own} {own}"
    parts = split_parts(text, OwnPages("https://vera.example"))
    assert [part.get("href") for part in parts] == [f"https://evil.example/?to={own}", None, own]
    assert parts[0]["text"] == parts[0].get("href")


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
