"""发通知: a notice to many, in one message or by a few questions; shown before it goes out."""

from __future__ import annotations

from typing import Any

from domain.audiences import AudienceQuery, Part, Reach, one_of_parts
from domain.broadcasts import (
    Broadcast,
    Heads,
    cancel,
    require_length,
    require_writer,
    scopes_of,
    wished_for,
)
from domain.changes import AuditEntry
from domain.messages import Choice
from domain.units import Unit, UnitKind
from handlers.turn import Answer, Turn
from knowledge.normal import normal
from knowledge.notices import (
    Wanted,
    Written,
    called_for,
    is_too_small,
    read_notice,
    read_target,
)
from knowledge.times import find_moment

PLANNED_AT_ONCE = 500  # a larger audience is counted in the background
SMALLER = 4  # units within one's own that are offered beside it

Form = dict[str, Any]


def handle(turn: Turn) -> None:
    """Takes what was written, and asks for what is missing."""
    if turn.in_group:
        turn.say("notice.in_private", private=True)
        return
    if not scopes_of(turn.actor):
        turn.say("notice.not_allowed")
        return
    words, whom = called_for(turn.heard.text)
    if words:
        form = _form(read_notice(words, turn.templates))
        _go_on(turn, {**form, "target": form["target"] or whom})
        return
    choices = tuple(Choice(value=one.key, label=one.name) for one in turn.templates.values())
    turn.ask("notice.template", "notice.ask_template", choices=choices)


def _form(written: Written) -> Form:
    return {
        "template": written.template.key,
        "values": dict(written.values),
        "target": written.target,
        "begin": written.begin,
    }


def _go_on(turn: Turn, form: Form) -> None:
    template = turn.templates[form["template"]]
    missing = template.missing(form["values"])
    if missing:
        turn.ask(
            "notice.field",
            "notice.ask_field",
            context={**form, "field": missing[0]},
            name=template.name,
            label=template.fields[missing[0]],
        )
        return
    require_length(template.render(form["values"]), turn.act)
    wanted = read_target(form["target"], _names(turn)) if form["target"] else Wanted()
    if wanted.is_empty:
        _ask_target(turn, form, unknown=form["target"])
    else:
        _draft(turn, form, _query(turn, wanted))


def _template(turn: Turn, answer: Answer) -> bool:
    template = turn.templates.get(answer.value)
    if template is None:
        return False
    _go_on(turn, _form(Written(template=template)))
    return True


def _field(turn: Turn, answer: Answer) -> bool:
    words = turn.heard.text.strip()
    if not words or answer.context["template"] not in turn.templates:
        return False
    context = dict(answer.context)
    values = {**context["values"], context.pop("field"): words}
    _go_on(turn, {**context, "values": values})
    return True


def _ask_target(turn: Turn, form: Form, *, unknown: str = "", nobody: Heads | None = None) -> None:
    """For whom it is; `nobody`: whom the audience that was named consists of, all left out."""
    units = _scopes(turn)
    main = units[0]
    smaller = [unit for unit in units[1:] if unit.kind in (UnitKind.COMMUNITY, UnitKind.GRID)]
    offered = [("groups", main), ("people", main), ("both", main)]
    offered += [("groups", unit) for unit in smaller[:SMALLER]]
    choices = tuple(
        Choice(
            value=f"{reach}:{unit.id}",
            label=turn.tx.wording.say(f"notice.target.{reach}", {"unit": unit.name}),
        )
        for reach, unit in offered
    )
    turn.ask(
        "notice.target",
        "notice.ask_target",
        choices=choices,
        context=form,
        unknown=unknown if is_too_small(unknown) else "",
        nobody=nobody is not None,
        left_out=nobody.left_out if nobody else 0,
    )


def _target(turn: Turn, answer: Answer) -> bool:
    form = dict(answer.context)
    if form["template"] not in turn.templates:
        return False
    if answer.value:
        reach, _, unit = answer.value.partition(":")
        wanted = Wanted(
            units=(int(unit),), groups=reach != "people", people=reach in ("people", "both")
        )
    else:
        wanted = read_target(turn.heard.text, _names(turn))
        if wanted.is_empty and not is_too_small(turn.heard.text):
            return False
        if wanted.is_empty:
            _ask_target(turn, form, unknown=turn.heard.text)
            return True
    _draft(turn, form, _query(turn, wanted))
    return True


def _query(turn: Turn, wanted: Wanted) -> AudienceQuery:
    """The audience that was named; all of theirs where only who was, 全社区 where that was."""
    units = wanted.units or (_everywhere(turn, wanted.kind),)
    parts = []
    if wanted.groups:
        parts.append(Part(reach=Reach.GROUPS, units=units))
    if wanted.people and wanted.roles:
        parts.append(Part(units=units, roles=wanted.roles))
    if wanted.people and (wanted.tags or not wanted.roles):
        parts.append(Part(units=units, tags=wanted.tags))
    query = one_of_parts(*parts)
    if not wanted.but:
        return query
    return query.without(Part(reach=Reach.GROUPS, units=wanted.but), Part(units=wanted.but))


def _everywhere(turn: Turn, kind: UnitKind | None) -> int:
    largest = _scopes(turn)[0].id
    around = turn.org.nearest(largest, kind) if kind else None
    return around.id if around else largest


def _draft(turn: Turn, form: Form, query: AudienceQuery) -> None:
    """Keeps it, counts who it goes to, and shows how it will look."""
    template = turn.templates[form["template"]]
    require_writer(turn.act, query)
    title = turn.tx.wording.say("notice.title", {"name": template.name})
    broadcast = Broadcast(
        number="",
        unit=_unit_of(turn, query),
        author=turn.person.id,
        template=template.key,
        title=title if template.key != "free" else turn.tx.wording.say("notice.plain_title", {}),
        text=template.render(form["values"]),
        audience=query,
        asks=template.asks,
        merges=not template.urgent,
        created_at=turn.now,
        planned_at=turn.now,
    )
    if form["begin"]:
        at = find_moment(normal(form["begin"]).key, turn.now, turn.rules.zone)
        if at is None:
            turn.say("notice.begin_unclear", said=form["begin"])
            return
        broadcast = wished_for(broadcast, turn.act, at)
    counted = _counted(turn, turn.tx.broadcasts.add(broadcast))
    if counted.is_planned and not counted.heads.total:
        turn.tx.broadcasts.save(cancel(counted, turn.act))
        _ask_target(turn, form, nobody=counted.heads)
    else:
        _preview(turn, counted)


def show(turn: Turn, broadcast: Broadcast) -> None:
    """Plans what can be planned at once; the rest is counted in the background, and then told."""
    _preview(turn, _counted(turn, broadcast))


def _counted(turn: Turn, broadcast: Broadcast) -> Broadcast:
    counted = turn.tx.broadcasts.plan_some(broadcast, PLANNED_AT_ONCE)
    turn.tx.broadcasts.save(counted)
    note(turn, "drafted", counted)
    return counted


def _preview(turn: Turn, broadcast: Broadcast) -> None:
    if not broadcast.is_planned:
        turn.say("notice.counting")
        return
    preview = turn.tx.broadcasts.preview(broadcast)
    turn.say(preview.phrase, asking=preview.asking, **preview.values)


def note(turn: Turn, action: str, broadcast: Broadcast) -> None:
    """A line in the audit."""
    detail = {"state": broadcast.state.value, "total": broadcast.heads.total}
    subject = f"broadcast:{broadcast.number}"
    person = turn.person.id
    turn.tx.audit.add(
        AuditEntry(action=f"broadcast.{action}", subject=subject, person=person, detail=detail)
    )


def _unit_of(turn: Turn, query: AudienceQuery) -> int:
    """In whose name it goes out: the smallest unit of the writer's that covers all of it."""
    covering = [
        scope
        for scope in scopes_of(turn.actor)
        if all(turn.org.within(unit, scope) for unit in query.units)
    ]
    return max(covering, key=lambda unit: len(turn.org.line(unit)))


def _scopes(turn: Turn) -> list[Unit]:
    """Every unit the person may write to, the largest first."""
    units = {unit.id: unit for scope in scopes_of(turn.actor) for unit in turn.org.below(scope)}
    return sorted(units.values(), key=lambda unit: (len(turn.org.line(unit.id)), unit.id))


def _names(turn: Turn) -> list[tuple[int, str]]:
    """Units by name, their own before others that are called the same; others are refused.

    An estate stands for the grids it is made of.
    """
    names = {unit.name: unit.id for unit in turn.org}
    names |= {unit.name: unit.id for unit in reversed(_scopes(turn))}
    known = [(unit, name) for name, unit in names.items()]
    within = [(grid, name) for name, grids in turn.places.made_of().items() for grid in grids]
    return [*known, *((grid, name) for grid, name in within if name not in names)]


ANSWERS = {"template": _template, "field": _field, "target": _target}
