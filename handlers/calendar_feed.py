"""日历订阅: a secret link to one's own activities, which can be made anew."""

from __future__ import annotations

from domain.messages import Choice
from handlers.turn import Answer, Turn


def handle(turn: Turn) -> None:
    """The link, in private only; whoever has it reads it, so it can be taken back."""
    if turn.in_group:
        turn.say("calendar_feed.in_private", private=True)
        return
    link = turn.tx.activity_links.feed(turn.person.id)
    if not link:
        turn.say("calendar_feed.not_here")
        return
    turn.ask(
        "calendar_feed.change",
        "calendar_feed.link",
        choices=(Choice(value="new_link"), Choice(value="end_link")),
        link=link,
    )


def _change(turn: Turn, answer: Answer) -> bool:
    if answer.value not in ("new_link", "end_link"):
        return False
    turn.tx.activity_links.revoke_feed(turn.person.id)
    if answer.value == "end_link":
        turn.say("calendar_feed.ended")
    else:
        handle(turn)
    return True


ANSWERS = {"change": _change}
