"""Seals: what one visitor was given is worth nothing in another's hands."""

from __future__ import annotations

import pytest

from bot.channels.web_identity import Seals

OURS = Seals(key=b"k" * 32)
THEIRS = Seals(key=b"t" * 32)


def test_a_cookie_tells_whose_it_is() -> None:
    account = OURS.new_account()

    assert OURS.account(OURS.cookie(account)) == account


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        ".",
        "anna",
        "anna.",
        "." + "A" * 22,
        THEIRS.cookie("anna"),
        OURS.cookie("anna") + "A",
        OURS.cookie("anna")[:-1],
        OURS.cookie("anna").replace("anna", "sample-leader"),
        OURS.upload("anna", 1),
        "anna.\ud800",
        "安娜.签名",
    ],
)
def test_a_cookie_we_did_not_give_tells_nothing(cookie: str) -> None:
    assert OURS.account(cookie) is None


def test_accounts_cannot_be_guessed() -> None:
    accounts = {OURS.new_account() for _ in range(1000)}

    assert len(accounts) == 1000
    assert min(map(len, accounts)) == 22


def test_an_upload_belongs_to_who_uploaded_it() -> None:
    token = OURS.upload("anna", 17)

    assert OURS.uploaded("anna", token) == 17
    assert OURS.uploaded("bert", token) is None
    assert OURS.uploaded("anna", token.replace("17", "18")) is None
    assert OURS.uploaded("anna", "x" + token) is None


def test_a_file_is_shown_in_one_chat() -> None:
    seal = OURS.shown("anna", 17)

    assert OURS.was_shown("anna", "17", seal)
    assert not OURS.was_shown("bert", "17", seal)
    assert not OURS.was_shown("anna", "18", seal)
    assert not OURS.was_shown("anna", "٣", seal)


def test_what_others_see_of_an_account_does_not_open_it() -> None:
    account = OURS.new_account()

    assert account not in OURS.author(account)
    assert OURS.author(account) == OURS.author(account) != THEIRS.author(account)
    assert OURS.account(f"{account}.{OURS.author(account)}") is None
