"""我的通知: how far it is, and what may still be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from domain import broadcast_telling as telling
from domain import broadcasts as moves
from domain.broadcasts import LIVE, Action, Broadcast, BroadcastState, Delivery
from domain.messages import Address, Choice
from handlers import notice, notice_approval, notice_repeat
from handlers.shown import listed_name
from handlers.turn import Answer, Turn
from knowledge.normal import normal
from knowledge.notices import relative_day, sends, verb_in
from knowledge.times import beside_when, find_moment

LISTED = 6
HELPED = 40
NAMED = 8  # recipients a result names one by one

Act = Callable[[Turn, Broadcast], None]


def handle(turn: Turn) -> None:
    """The one that is meant, or a list to choose from."""
    if turn.in_group:
        turn.say("notice.in_private", private=True)
        return
    mine = turn.tx.broadcasts.of_author(turn.person.id, LISTED)
    verb = verb_in(turn.heard.text)
    live = [one for one in mine if one.state in LIVE]
    if not mine:
        turn.say("notice.none")
    elif verb and (len(live) == 1 or len(mine) == 1 or not live):
        _do(turn, f"notice_{_ACT_OF[verb]}", (live or list(mine))[0])
    else:
        choices = tuple(Choice(value=str(one.id), label=one.number) for one in mine)
        turn.ask(
            "notices.which",
            "notice.list",
            choices=choices,
            context={"verb": verb},
            rows=[
                {"row": row, **telling.values_of(one), "quoted": one.text}
                for row, one in enumerate(mine, start=1)
            ],
        )


_ACT_OF = {
    "pause": "pause",
    "resume": "resume",
    "recall": "recall",
    "cancel": "drop",
    "correct": "correct",
    "retry": "retry",
    "resend": "resend",
    "result": "result",
}


def _which(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(int(answer.value)) if answer.value else None
    if broadcast is None:
        return False
    verb = answer.context["verb"]
    _do(turn, f"notice_{_ACT_OF[verb]}" if verb else "notice_result", broadcast)
    return True


def is_possible(turn: Turn) -> bool:
    """Whether they have sent, or are about to send, any."""
    return bool(turn.tx.broadcasts.of_author(turn.person.id, 1)) or not turn.reading.intents[1:]


def _act(turn: Turn, answer: Answer) -> bool:
    """A button under what was said of a broadcast, or words that mean one of them."""
    act = answer.value or _meant(turn, answer)
    if not act:
        return False
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    if broadcast is None:
        return False
    at = find_moment(normal(turn.heard.text).key, turn.now, turn.rules.zone)
    if act == "notice_later" and at is not None and not answer.value:
        _at(turn, broadcast, at)
    else:
        _do(turn, act, broadcast)
    return True


def _meant(turn: Turn, answer: Answer) -> str:
    """The button that words stand for: 发吧, 明天早上八点发, 先别发; "" for none of them."""
    offered = {choice.value for choice in answer.question.choices}
    words = turn.heard.text
    if turn.reading.place or turn.reading.intent == "nudge":
        return ""  # 3栋情况怎么样 is about something else
    timed = find_moment(normal(words).key, turn.now, turn.rules.zone) is not None
    verb = verb_in(words) or ("cancel" if turn.reading.intent == "cancel" else "")
    wanted = [_ACT_OF[verb]] if verb else []
    if verb == "pause" and "notice_send" in offered:
        wanted.append("drop")
    elif verb == "cancel":
        wanted.append("recall")  # when it has gone out already
    elif sends(words) or (timed and not beside_when(words)):
        wanted.append("later" if timed else "send")
    return next((f"notice_{one}" for one in wanted if f"notice_{one}" in offered), "")


def _do(turn: Turn, act: str, broadcast: Broadcast) -> None:
    assert broadcast.id is not None
    locked = turn.tx.broadcasts.lock(broadcast.id)
    assert locked is not None
    moves.require_follower(locked, turn.act)
    ACTS[act](turn, locked)


def _at(turn: Turn, broadcast: Broadcast, at: datetime) -> None:
    """Goes out at this time, also when another was agreed on before."""
    moves.require_writer_of(broadcast, turn.act)
    if broadcast.state is not BroadcastState.SCHEDULED:
        _send(turn, moves.wished_for(broadcast, turn.act, at))
        return
    put_off = moves.put_off(broadcast, turn.act, at)
    _saved(turn, "put_off", put_off)
    say_released(turn, put_off, wished=at)


def _send(turn: Turn, broadcast: Broadcast) -> None:
    if moves.needs_second(broadcast, turn.act):
        notice_approval.ask_others(turn, broadcast)
        return
    sent = moves.send(broadcast, turn.act)
    _saved(turn, "released", sent)
    say_released(turn, sent, wished=broadcast.starts_at or turn.now)


def say_released(turn: Turn, broadcast: Broadcast, *, wished: datetime) -> None:
    """When it begins, whether that is because of the night, and that it may still be stopped."""
    asking = telling.asking_what_next(broadcast)
    calendar = turn.rules.calendar
    starts = broadcast.starts_at or turn.now
    later = calendar.local_day(starts) != calendar.local_day(turn.now)
    word = relative_day(broadcast.text) if later else ""
    values = telling.values_of(broadcast)
    rules, zone = turn.rules.limits.broadcasts, turn.rules.zone
    night = not (broadcast.overrides or rules.may_send_at(wished, zone))
    turn.say("notice.released", asking=asking, **{**values, "relative": word, "night": night})


def _later(turn: Turn, broadcast: Broadcast) -> None:
    turn.ask("notices.when", "notice.ask_when", context={"broadcast": broadcast.id})


def _when(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    at = find_moment(normal(turn.heard.text).key, turn.now, turn.rules.zone)
    if broadcast is None or at is None:
        turn.ask("notices.when", "notice.when_unclear", context=answer.context)
        return True
    _at(turn, broadcast, at)
    return True


def _urgent(turn: Turn, broadcast: Broadcast) -> None:
    turn.ask("notices.reason", "notice.ask_reason", context={"broadcast": broadcast.id})


def _reason(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    if broadcast is None or not turn.heard.text.strip():
        return False
    urgent = moves.overriding(broadcast, turn.act, reason=turn.heard.text)
    note = replace(urgent, heads=replace(urgent.heads, left_out=0))
    notice.note(turn, "overridden", note)
    notice.show(turn, note)
    return True


def _drop(turn: Turn, broadcast: Broadcast) -> None:
    dropped = moves.cancel(broadcast, turn.act)
    turn.tx.recipients.take_back(broadcast, Delivery.CANCELLED)
    _saved(turn, "cancelled", dropped)
    turn.say("notice.dropped", **telling.values_of(dropped))


def _pause(turn: Turn, broadcast: Broadcast) -> None:
    paused = moves.pause(broadcast, turn.act)
    turn.tx.recipients.take_back(broadcast)
    _saved(turn, "paused", paused)
    _say(turn, "notice.paused", paused)


def _resume(turn: Turn, broadcast: Broadcast) -> None:
    resumed = moves.resume(broadcast, turn.act)
    _saved(turn, "resumed", resumed)
    _say(turn, "notice.resumed", resumed)


def _result(turn: Turn, broadcast: Broadcast) -> None:
    unwell = turn.tx.recipients.unwell(broadcast, (*telling.UNWELL, Delivery.UNKNOWN), NAMED)
    tally = turn.tx.broadcasts.tally(broadcast) if broadcast.asks else {}
    asking = telling.asking_what_next(broadcast)
    turn.say(
        "notice.result",
        asking=asking if asking.choices else None,
        **{
            **telling.values_of(broadcast),
            "asks": broadcast.asks,
            "will_come": tally.get("will_come", 0),
            "will_not_come": tally.get("will_not_come", 0),
            "needs_help": tally.get("needs_help", 0),
            "helped": _in_need(turn, broadcast) if tally.get("needs_help") else [],
            "unwell": [
                {
                    "who": _name(turn, row.addressee.channel, row.addressee.chat),
                    "result": row.state.value,
                    "reason": row.reason,
                }
                for row in unwell
            ],
        },
    )


def _in_need(turn: Turn, broadcast: Broadcast) -> list[str]:
    """Who asked for help, for those who are to give it."""
    people = turn.tx.broadcasts.voters(broadcast, "needs_help", HELPED)
    return [listed_name(turn, person) for person in people]


def _name(turn: Turn, channel: str, chat: str) -> str:
    """A group by its title; private chats are not named, only counted with their reason."""
    if not chat:
        return turn.tx.wording.say("notice.somebody", {})
    group = turn.tx.chats.get(Address(channel=channel, chat=chat))
    return group.title if group is not None and group.title else chat


def _retry(turn: Turn, broadcast: Broadcast) -> None:
    _again(turn, broadcast, *telling.UNWELL)


def _resend(turn: Turn, broadcast: Broadcast) -> None:
    """A person has chosen that the doubtful ones may read it twice."""
    _again(turn, broadcast, Delivery.UNKNOWN)


def _again(turn: Turn, broadcast: Broadcast, *states: Delivery) -> None:
    again = moves.again(broadcast, turn.act)
    rescued = turn.tx.recipients.rescue(broadcast, states)
    counts = moves.counts_left(broadcast.counts, states, rescued)
    _saved(turn, "sent_again", replace(again, counts=counts))
    turn.say("notice.again", count=rescued)


def _correct(turn: Turn, broadcast: Broadcast) -> None:
    turn.ask("notices.correction", "notice.ask_correction", context={"broadcast": broadcast.id})


def _correction(turn: Turn, answer: Answer) -> bool:
    broadcast = turn.tx.broadcasts.lock(answer.context["broadcast"])
    words = turn.heard.text.strip()
    if broadcast is None or not words:
        return False
    moves.require_follower(broadcast, turn.act)
    moves.require_length(words, turn.act)
    _follow(turn, broadcast, Action.CORRECTION, words)
    return True


def _recall(turn: Turn, broadcast: Broadcast) -> None:
    _follow(turn, broadcast, Action.RECALL, broadcast.text)


def _follow(turn: Turn, broadcast: Broadcast, action: Action, text: str) -> None:
    more = moves.following(broadcast, action, text, author=turn.person.id, at=turn.now)
    notice.show(turn, turn.tx.broadcasts.add(more))


def _saved(turn: Turn, action: str, broadcast: Broadcast) -> None:
    turn.tx.broadcasts.save(broadcast)
    notice.note(turn, action, broadcast)


def _say(turn: Turn, phrase: str, broadcast: Broadcast) -> None:
    asking = telling.asking_what_next(broadcast)
    turn.say(phrase, asking=asking, **telling.values_of(broadcast))


ACTS: Mapping[str, Act] = {
    "notice_send": _send,
    "notice_later": _later,
    "notice_urgent": _urgent,
    "notice_drop": _drop,
    "notice_pause": _pause,
    "notice_resume": _resume,
    "notice_result": _result,
    "notice_retry": _retry,
    "notice_resend": _resend,
    "notice_correct": _correct,
    "notice_recall": _recall,
    "notice_repeat": notice_repeat.ask_again,
}
ANSWERS = {
    "which": _which,
    "act": _act,
    "when": _when,
    "reason": _reason,
    "correction": _correction,
}
CALLED_OFF = CORRECTED = ("act",)  # 取消 and 改成八点发 are said of what was just shown
