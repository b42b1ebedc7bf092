"""Hostile strings through the Telegram splitter: python -m tests.rig.strings --count 1000000

Each is built of what people see as one character. It must come out in parts of at most 4,096
UTF-16 units and 32,768 bytes, joined the same again, cut inside none of its characters, taken by
the fake's strict parser, without a mention, a command or a link into the app.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate

from rich.console import Console

from bot.channels.telegram_layout import LONGEST_TEXT, harmless, split, steps, units
from bot.progress import progress
from domain.messages import Address, Lane, Outbound
from tests.rig.telegram_world import World

BYTES = 32_768
US = "xiaoqi_bot"
JOINER = "\u2060"
SEEN_AS_ONE = (
    "👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d🚒", "👋🏿", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001f1e8\U0001f1f3",
    "\U0001f1fa\U0001f1f8", "e\u0301", "a\u0301\u0323\u0308", "\u1112\u1161\u11ab", "กำ", "क्षि",
    "\r\n", "字", "𠮷", "🀄", "ﷺ",
)  # fmt: skip
PAYLOADS = (
    "</b><a href=\"tg://user?id=1\">x</a>", "<b>", "&lt;", "&#55356;", "*_[`]()~>#+-=|{}.!",
    "[x](tg://user?id=1)", "tg://resolve?domain=x", "ton://transfer/x", "@all", "<@all>",
    "@durov", "@everyone", "@channel", "/start", "#tag", "$USD", "||x||", "```x```", "__x__",
    "https://evil.example/", "t.me/joinchat/x", "mailto:a@b.c", "\u202eabc\u202c", "\u200b",
    "\u2028", "{0}", "%s", "\\", "'\"", "<script>alert(1)</script>", "javascript:alert(1)",
)  # fmt: skip


def hostile(dice: random.Random) -> list[str]:
    """One string, in the characters people see."""
    length = dice.choice((1, 20, 400, 4096, 4097, 9000))
    kinds = dice.choice(((*SEEN_AS_ONE, *PAYLOADS), SEEN_AS_ONE, (dice.choice(SEEN_AS_ONE),)))
    few = dice.random() < 0.5
    return [
        chr(dice.choice((dice.randrange(1, 0xD800), dice.randrange(0xE000, 0x110000))))
        if few and dice.random() < 0.1
        else dice.choice(kinds)
        for _ in range(dice.randrange(length) + 1)
    ]


def complaint(seen: Sequence[str]) -> str:
    """What is wrong with how the string came out; empty when nothing is."""
    text = "".join(seen)
    parts = split(text)
    if "".join(parts) != text:
        return "the parts are not the text"
    if any(units(part) > LONGEST_TEXT or len(part.encode()) > BYTES for part in parts):
        return "a part is too long"
    inside = set(accumulate(map(len, parts))) - set(accumulate(map(len, seen)))
    if any(_is_inside_one(seen, cut) for cut in inside):
        return "a character is cut"
    return _complaint_as_repeated(text)


def _complaint_as_repeated(text: str) -> str:
    spelled = harmless(text, username=US)
    if spelled.replace(JOINER, "") != text.replace(JOINER, ""):
        return "the words are others"
    world = World()
    world.chat(1)
    said = Outbound(
        id=1, address=Address(channel="telegram", chat="1"), lane=Lane.DIALOGUE, text=text
    )
    for step in steps(said, username=US):
        part = step.text
        if units(part) > LONGEST_TEXT:
            return "a part is too long"
        for entity in world.entities(part):
            units_of_part = part.encode("utf-16-le")
            begin, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            marked = units_of_part[begin:end].decode("utf-16-le")
            if entity["type"] != "url" or not marked.lower().startswith("http"):
                return "something is a mention, a command or a link into the app"
    return ""


def _is_inside_one(seen: Sequence[str], cut: int) -> bool:
    """Whether the cut falls into one of the characters that are known to be seen as one."""
    at = 0
    for one in seen:
        if at < cut < at + len(one):
            return one in SEEN_AS_ONE
        at += len(one)
    return False


def strings(seed: int, count: int) -> Iterator[list[str]]:
    """So many strings, the same for the same seed."""
    dice = random.Random(seed)
    return (hostile(dice) for _ in range(count))


def main() -> int:
    """Prints how many strings went through, and each that came out wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    with progress(Console(), "strings", options.count) as step:
        for done, seen in enumerate(strings(options.seed, options.count), start=1):
            if why := complaint(seen):
                wrong += 1
                sys.stdout.write(f"{why}: {ascii(''.join(seen))[:300]}\n")
            step(done)
    sys.stdout.write(f"{options.count} strings, seed {options.seed}, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
