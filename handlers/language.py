"""Which language somebody is answered in: the one they write."""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.turn import Turn

CHINESE = re.compile("[\u4e00-\u9fff]")
WORD = re.compile(r"\b[A-Za-z]{2,}\b")
A_SENTENCE = 3  # words; "OK" or a plate number says nothing about a language


def follow(turn: Turn) -> None:
    """Answers a whole English sentence in English from now on, and Chinese in Chinese."""
    written = _written(turn.heard.text)
    if written and not turn.person.language.startswith(written):
        turn.tx.people.set_language(turn.person.id, written)
        turn.person = replace(turn.person, language=written)


def _written(text: str) -> str:
    if CHINESE.search(text):
        return "zh"
    return "en" if len(WORD.findall(text)) >= A_SENTENCE else ""
