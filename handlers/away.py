"""流动党员: a member who lives elsewhere registers; their branch keeps in touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from domain.branches import AWAY_FOR, LEADING, Member
from domain.changes import AuditEntry, Notice, to_person
from domain.messages import Choice
from handlers.activity_hosts import Host, hosts
from handlers.shown import person_name
from handlers.turn import Answer, Turn
from knowledge.activities import activity_signs, find_away

LONGEST = 60


def handle(turn: Turn) -> None:
    """The rule and the steps; asks where they are, unless they said it."""
    if turn.in_group:
        turn.say("away.in_private", private=True)
        return
    led = [host for host in hosts(turn) if host.is_branch]
    if led and "who" in activity_signs(turn.heard.text):
        turn.say("away.list", branches=[_away_of(turn, host) for host in led])
        return
    member = turn.tx.branches.member(turn.person.id)
    if member is None:
        turn.say("away.no_member")
        return
    if member.away_since is not None:
        _ask_back(turn, member)
        return
    where, half_a_year = find_away(turn.heard.text)
    if not where:
        turn.ask("away.where", "away.ask_where", context={"long": half_a_year})
    else:
        _register(turn, member, where, long=half_a_year)


def _away_of(turn: Turn, host: Host) -> dict[str, Any]:
    """Who of a branch is registered as living elsewhere, for whoever leads it."""
    away = [one for one in turn.tx.branches.members(host.unit) if one.away_since is not None]
    return {
        "branch": host.name,
        "count": len(away),
        "members": [
            {
                "name": person_name(turn, one.person),
                "where": one.away_to,
                "since": one.away_since.isoformat() if one.away_since else None,
                "contacted": one.contacted.isoformat() if one.contacted else None,
            }
            for one in away
        ],
    }


def _register(turn: Turn, member: Member, where: str, *, long: bool) -> None:
    today = turn.rules.calendar.local_day(turn.now)
    since = today - timedelta(days=AWAY_FOR) if long else today
    away = replace(member, away_since=since, away_to=where[:LONGEST], contacted=today)
    turn.tx.branches.keep_member(away)
    branch = turn.tx.branches.get(member.branch)
    name = branch.name if branch else ""
    for one in turn.tx.branches.members(member.branch):
        if one.position in LEADING:
            values = {"name": turn.person.name, "where": away.away_to, "since": since.isoformat()}
            turn.tell(Notice(to=to_person(one.person), phrase="away.to_secretary", values=values))
    turn.tx.audit.add(_entry(turn, "away"))
    turn.say(
        "away.done",
        branch=name,
        where=away.away_to,
        since=since.isoformat(),
        floating=away.is_floating(today),
    )


def _ask_back(turn: Turn, member: Member) -> None:
    since: date | None = member.away_since
    turn.ask(
        "away.back",
        "away.known",
        choices=(Choice(value="still_away"), Choice(value="back_home")),
        where=member.away_to,
        since=since.isoformat() if since else None,
    )


def _where(turn: Turn, answer: Answer) -> bool:
    member = turn.tx.branches.member(turn.person.id)
    words = turn.heard.text.strip()
    where, long = find_away(words)
    others = {"report", "ask", "activity"} if where else {"report", "ask", "activity", "away"}
    if member is None or not words or turn.reading.intent in others:
        return False
    _register(turn, member, where or words, long=long or bool(answer.context["long"]))
    return True


def _back(turn: Turn, answer: Answer) -> bool:
    """Half-yearly contact: still there, or at home again."""
    member = turn.tx.branches.member(turn.person.id)
    if member is None or answer.value not in ("still_away", "back_home"):
        return False
    today = turn.rules.calendar.local_day(turn.now)
    if answer.value == "back_home":
        member = replace(member, away_since=None, away_to="")
    turn.tx.branches.keep_member(replace(member, contacted=today))
    turn.tx.audit.add(_entry(turn, answer.value))
    turn.say(f"away.{answer.value}")
    return True


def _entry(turn: Turn, what: str) -> AuditEntry:
    person = turn.person.id
    return AuditEntry(action=f"member.{what}", subject=f"person:{person}", person=person)


ANSWERS = {"where": _where, "back": _back}
