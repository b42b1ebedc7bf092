"""What Telegram updates say, one file of tests/data/telegram each; and what no update may do."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_reading import Malformed, Me, to_inbound
from domain.messages import Inbound, InboundKind

FOLDER = Path(__file__).parent.parent / "data" / "telegram"
ME = Me(id=700_000_001, username="xiaoqi_bot")
DEFAULTS: dict[str, Any] = {
    "channel": "telegram", "chat_title": "", "name": "", "language": "", "text": "",
    "attachments": [], "location": None, "album": "", "message": "", "reply_to": "",
    "addressed": False, "press": "", "press_id": "", "start": "", "migrated_to": "",
}  # fmt: skip


def shown(inbound: Inbound) -> dict[str, Any]:
    """The inbound as the files spell it: without key, order and time."""
    told = asdict(inbound)
    for name in ("key", "order", "sent_at"):
        del told[name]
    told["attachments"] = [
        {name: value for name, value in one.items() if value is not None}
        for one in told["attachments"]
    ]
    return told


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_an_update_is_read(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))

    heard = to_inbound(case["update"], ME)

    if case["inbound"] is None:
        assert heard is None
    else:
        assert heard is not None
        assert shown(heard) == DEFAULTS | case["inbound"]
        assert heard.key == str(case["update"]["update_id"])


def message(text: Any = "灯坏了", **more: Any) -> dict[str, Any]:
    return {
        "update_id": 9,
        "message": {
            "message_id": 4,
            "date": 1_763_712_000,
            "chat": {"id": 5, "type": "private"},
            "from": {"id": 5, "is_bot": False, "first_name": "王"},
            "text": text,
            **more,
        },
    }


def heard(raw: dict[str, Any]) -> Inbound:
    inbound = to_inbound(raw, ME)
    assert inbound is not None
    return inbound


def test_the_time_is_the_platforms() -> None:
    assert heard(message()).sent_at == datetime(2025, 11, 21, 8, tzinfo=UTC)


def test_an_edit_has_the_time_of_the_edit() -> None:
    raw = message(edit_date=1_763_712_060)
    raw["edited_message"] = raw.pop("message")

    edit = heard(raw)

    assert (edit.kind, edit.message) == (InboundKind.EDIT, "4")
    assert edit.sent_at == datetime(2025, 11, 21, 8, 1, tzinfo=UTC)


def test_updates_are_ordered_by_their_numbers() -> None:
    later = message() | {"update_id": 10}

    assert heard(message()).order < heard(later).order


def test_what_no_text_can_hold_is_replaced() -> None:
    assert heard(message("灯\x00坏\ud83d了")).text == "灯 坏\ufffd了"


def test_a_replaced_character_moves_no_mention() -> None:
    raw = message(
        "\x00\ud800@xiaoqi_bot 灯坏了",
        chat={"id": -5, "type": "group", "title": "群"},
        entities=[{"type": "mention", "offset": 2, "length": 11}],
    )

    assert (heard(raw).addressed, heard(raw).text) == (True, "\ufffd  灯坏了")


def test_a_command_that_says_no_start_is_typed_text() -> None:
    assert heard(message("/startle")).kind is InboundKind.MESSAGE
    assert heard(message("/start 有 空格")).start == ""


def test_a_name_has_bounds() -> None:
    raw = message()
    raw["message"]["from"]["first_name"] = "王" * 5_000

    assert len(heard(raw).name) == 64


@pytest.mark.parametrize(
    "raw",
    [
        None, [], "text", 3, {}, {"update_id": None}, {"update_id": "9"}, {"update_id": True},
        {"update_id": -1}, {"update_id": 2**63}, {"update_id": 9, "message": []},
        {"update_id": 9, "message": {}}, message(text=3), message(text=["x"]),
        message(date=-1), message(date=10**18), message(date="now"), message(photo={}),
        message(photo=[{"width": 3}]), message(chat={"id": 2**70, "type": "private"}),
        message(chat={"id": 1.5, "type": "private"}), message(chat="5"),
        message(location={"latitude": 500, "longitude": 0}),
        message(location={"latitude": float("nan"), "longitude": 0}),
        message(entities=[{"type": "mention", "offset": -1, "length": 3}]),
        {"update_id": 9, "callback_query": {"id": 3}},
        {"update_id": 9, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_in_the_platforms_shape_is_malformed(raw: Any) -> None:
    with pytest.raises(Malformed):
        to_inbound(raw, ME)


def test_a_refusal_repeats_nothing_of_what_it_refuses() -> None:
    with pytest.raises(Malformed) as malformed:
        to_inbound(message(text={"secret": "13800000000"}), ME)

    assert "13800000000" not in str(malformed.value)
    assert "message.text" in str(malformed.value)


def test_a_message_nested_a_thousand_times_is_malformed() -> None:
    nested: Any = 1
    for _ in range(100_000):
        nested = [nested]

    with pytest.raises(Malformed):
        to_inbound(message(reply_markup=nested), ME)


def test_an_entity_beyond_the_text_is_harmless() -> None:
    raw = message(entities=[{"type": "mention", "offset": 4_000, "length": 4_000}])

    assert heard(raw).text == "灯坏了"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = ["text", "caption", "entities", "photo", "voice", "chat", "from", "location", "date"]


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_whatever_comes_is_read_or_malformed(odd: dict[str, Any]) -> None:
    try:
        inbound = to_inbound(message(**odd), ME)
    except Malformed:
        return
    if inbound is not None:
        inbound.text.encode()
        assert "\x00" not in inbound.text + inbound.name + inbound.chat_title


@given(st.text())
def test_a_text_is_heard_as_it_was_typed(text: str) -> None:
    inbound = to_inbound(message(text), ME)

    if inbound is not None and not text.startswith("/"):
        assert inbound.text == text.replace("\x00", " ")
