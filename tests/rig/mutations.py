"""Updates as no platform sends them: real ones, bent in their structure, their values, their text.

The same seed gives the same updates. Most stay in the platform's shape nearly everywhere, so that
they get further than the first check.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent.parent / "data" / "telegram"
FIRST_UPDATE = 800_000_000
TEXTS = (
    "", " ", "\0", "\ud83d", "\udc00\ud800", "灯坏了", "3栋2单元楼道灯不亮了", "着火了", "取消",
    "1", "/start", "/start " + "A" * 64, "/bind", "@xiaoqi_bot", "#1234567890", "催一下",
    "删除我的数据", "\u202e颠倒\u202c", "\u200b" * 50, "👨\u200d👩\u200d👧" * 40, "ﷺ" * 30,
    "e" + "\u0301" * 200, "</b><a href='tg://user?id=1'>x</a>", "{0.__class__}", "%s%n",
    "'; DROP TABLE orders; --", "${jndi:ldap://x}", "\r\n\r\n", "\x1b[31m", "一" * 4096,
    "a" * 70_000, "９" * 300, "\uffff\ufffe", "138" + "0" * 8, "11010519491231002X", "2026-13-45",
    "明天下午25点", "-" * 300 + "栋",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, -1, 1.5, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30,
    10**4000, 1e308, float("inf"), float("-inf"), float("nan"), 4_102_444_800, 253_402_300_800,
)  # fmt: skip
NAMES = (
    "message", "edited_message", "callback_query", "my_chat_member", "channel_post", "text",
    "caption", "entities", "chat", "from", "photo", "voice", "document", "location", "venue",
    "date", "data", "media_group_id", "reply_to_message", "migrate_to_chat_id", "__proto__", "id",
    "sender_chat", "sticker", "animation", "video_note", "new_chat_member", "type", "", "\ud800",
)  # fmt: skip


class Mutator:
    """Makes one strange update after another."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        files = sorted(CORPUS.glob("*.json"))
        self._corpus = [json.loads(file.read_text(encoding="utf-8"))["update"] for file in files]
        self._parts = [part for update in self._corpus for part in _parts(update)]
        self._number = FIRST_UPDATE

    def updates(self, count: int) -> Iterator[bytes]:
        """So many bodies of webhook calls."""
        return (self.update() for _ in range(count))

    def update(self) -> bytes:
        """One body: bent JSON mostly, sometimes bytes that are none."""
        value = copy.deepcopy(self._dice.choice(self._corpus))
        self._number += 1
        value["update_id"] = self._number
        for _ in range(self._dice.choice((1, 1, 1, 1, 2, 4))):
            self._bend(value)
        text = json.dumps(value, ensure_ascii=self._dice.random() < 0.5)
        if self._dice.random() < 0.1:
            text = self._bend_text(text)
        body = text.encode("utf-8", "surrogatepass")
        return self._bend_bytes(body) if self._dice.random() < 0.05 else body

    def _bend(self, update: dict[str, Any]) -> None:
        """One change somewhere in it."""
        inside = list(_holders(update))
        holder = self._dice.choice(inside) if inside and self._dice.random() < 0.95 else update
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = self._dice.choice(keys)
        match self._dice.randrange(9):
            case 0:
                del holder[key]
            case 1:
                holder[key] = self._dice.choice(TEXTS)
            case 2:
                holder[key] = self._dice.choice(NUMBERS)
            case 3:
                holder[key] = self._dice.choice((None, True, False, [], {}, [[]], [None], {"": 1}))
            case 4:
                holder[key] = copy.deepcopy(self._dice.choice(self._parts))
            case 5:
                holder[key] = [
                    copy.deepcopy(holder[key]) for _ in range(self._dice.choice((1, 9)))
                ]
            case 6:
                holder[key] = self._nested(holder[key])
            case 7 if isinstance(holder, dict):
                holder[self._dice.choice(NAMES)] = holder.pop(key)
            case _ if isinstance(holder, dict):
                holder[self._dice.choice(NAMES)] = copy.deepcopy(self._dice.choice(self._parts))
            case _:
                holder.append(copy.deepcopy(self._dice.choice(self._parts)))

    def _nested(self, value: Any) -> Any:
        for _ in range(self._dice.choice((1, 3, 60))):
            value = {self._dice.choice(NAMES): value} if self._dice.random() < 0.5 else [value]
        return value

    def _bend_text(self, text: str) -> str:
        """What no JSON library writes: keys twice, numbers without end, depths without end."""
        at = text.find("{", self._dice.randrange(len(text)))
        name = self._dice.choice(NAMES).encode("ascii", "replace").decode()
        strange = self._dice.choice(
            (
                f'"{name}":{json.dumps(self._dice.choice(TEXTS))},',
                f'"{name}":{"9" * 5000},',
                f'"{name}":{"[" * 20_000}{"]" * 20_000},',
                f'"{name}":{"[" * 5000},',
                f'"{name}":1e{"9" * 30},',
                f'"{name}":-,',
                '"update_id":1,',
                "\ufeff",
                " " * 5000,
            )
        )
        return text[: at + 1] + strange + text[at + 1 :]

    def _bend_bytes(self, body: bytes) -> bytes:
        """Bits that fell over, an end that is missing."""
        bent = bytearray(body)
        for _ in range(self._dice.choice((1, 4, 64))):
            bent[self._dice.randrange(len(bent))] = self._dice.randrange(256)
        return bytes(bent[: self._dice.randrange(1, len(bent) + 1)])


def _holders(value: Any) -> Iterator[Any]:
    """Every object and list inside."""
    inside = value.values() if isinstance(value, dict) else value
    for part in inside if isinstance(value, dict | list) else ():
        if isinstance(part, dict | list):
            yield part
            yield from _holders(part)


def _parts(value: Any) -> Iterator[Any]:
    inside = value.values() if isinstance(value, dict) else value
    for part in inside if isinstance(value, dict | list) else ():
        yield part
        yield from _parts(part)
