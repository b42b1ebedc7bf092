"""待答问题: what residents asked and nobody wrote an answer to; one message makes it an entry."""

from __future__ import annotations

from domain import moves
from domain.acts import RuleBroken
from domain.changes import REPORTER, Asking, Notice, to_person, to_post
from domain.messages import Choice, Lane
from domain.people import Role
from domain.policies import (
    OpenQuestion,
    Policy,
    PolicyMoved,
    PolicyState,
    QuestionState,
    may_publish,
    may_write,
    publish,
)
from handlers.ask import one_line, shown, without_private_data
from handlers.command import WORDS_OF_AN_ANSWER, desk_communities
from handlers.turn import Answer, Turn

LISTED = 5
LABEL = 16  # characters on a button
REVIEW = (Choice(value="publish_entry"), Choice(value="send_back"))


def handle(turn: Turn) -> None:
    """Lists the oldest at the person's desks, and asks which to answer."""
    waiting = turn.tx.policies.open_questions(desk_communities(turn), LISTED)
    if not waiting:
        turn.say("open_questions.none")
        return
    words = [without_private_data(_words(turn, question)) for question in waiting]
    choices = tuple(
        Choice(value=str(question.id), label=said[:LABEL] or question.order)
        for question, said in zip(waiting, words, strict=True)
    )
    lines = [
        {"row": row, "text": said, "kind": question.kind.value, "number": question.order}
        for row, (question, said) in enumerate(zip(waiting, words, strict=True), start=1)
    ]
    turn.ask(
        "open_questions.which",
        "open_questions.list",
        choices=choices,
        private=True,
        questions=lines,
    )


def _which(turn: Turn, answer: Answer) -> bool:
    question = _open(turn, int(answer.value)) if answer.value else None
    if question is None:
        return False
    old = turn.tx.policies.get(question.policy) if question.policy else None
    turn.ask(
        "open_questions.words",
        "open_questions.ask_words",
        choices=(Choice(value="drop_question"),),
        context={"question": question.id},
        private=True,
        text=_words(turn, question),
        old=one_line(old.answer) if old is not None else "",
    )
    return True


def _words_given(turn: Turn, answer: Answer) -> bool:
    """The answer, in the words of whoever sits at the desk: a new entry."""
    question = _open(turn, int(answer.context["question"]))
    words = turn.heard.text.strip()
    if question is None:
        return False
    if answer.value == "drop_question":
        turn.tx.policies.move(question, QuestionState.DROPPED)
        turn.say("open_questions.dropped", number=question.order)
        return True
    if not words or turn.reading.intent not in WORDS_OF_AN_ANSWER:
        return False
    entry = _entry(turn, question, words)
    at_once = may_publish(turn.actor, entry, turn.org)
    if at_once:
        entry = publish(entry, turn.actor, turn.org, entry.updated_on)
    else:
        entry = entry.moved_to(PolicyState.REVIEW)
    turn.tx.policies.add(entry)
    turn.tx.policies.move(question, QuestionState.DRAFTED, entry=entry.code)
    if at_once:
        _tell_who_asked(turn, entry)
        turn.say("open_questions.published", code=entry.code, question=entry.question)
    else:
        _ask_for_review(turn, entry)
        turn.say("open_questions.drafted", code=entry.code, question=entry.question)
    return True


def _review(turn: Turn, answer: Answer) -> bool:
    """Another one looks at it: published, or sent back to whoever wrote it."""
    entry = turn.tx.policies.get(str(answer.context["code"]))
    if entry is None or not answer.value:
        return False
    if entry.state is not PolicyState.REVIEW:
        raise PolicyMoved(code=entry.code)
    published = publish(
        entry, turn.actor, turn.org, turn.rules.calendar.local_day(turn.now)
    )  # who may not publish may not send back either
    if answer.value == "publish_entry":
        turn.tx.policies.save(published)
        _tell_who_asked(turn, published)
        turn.say("open_questions.published", code=entry.code, question=entry.question)
        return True
    turn.tx.policies.save(entry.moved_to(PolicyState.DRAFT, reviewer=turn.person.id))
    for question in turn.tx.policies.questions_of(entry.code):
        turn.tx.policies.move(question, QuestionState.OPEN)
    if entry.author is not None:
        values = {"code": entry.code, "question": entry.question}
        to = to_person(entry.author)
        turn.tell(Notice(to=to, phrase="open_questions.sent_back_to_you", values=values))
    turn.say("open_questions.sent_back", code=entry.code)
    return True


def _entry(turn: Turn, question: OpenQuestion, words: str) -> Policy:
    unit = turn.org.unit(question.unit)
    return Policy(
        code=f"{unit.code}-{question.order}-{turn.heard.first.message or question.id}"[:40],
        question=without_private_data(_words(turn, question)),
        answer=words,
        source=unit.name,
        updated_on=turn.rules.calendar.local_day(turn.now),
        unit=unit.id,
        author=turn.person.id,
    )


def _ask_for_review(turn: Turn, entry: Policy) -> None:
    """The secretary of the community looks at it, or whoever stands above where there is none."""
    if entry.unit is None:
        return
    turn.tell(
        Notice(
            to=to_post(entry.unit, Role.SECRETARY),
            phrase="open_questions.review",
            values={**shown(entry), "name": turn.person.name},
            asking=Asking(
                step="open_questions.review", choices=REVIEW, context={"code": entry.code}
            ),
        )
    )


def _tell_who_asked(turn: Turn, entry: Policy) -> None:
    """Whoever asked is told the answer now, and their work order is done with it."""
    for question in turn.tx.policies.questions_of(entry.code):
        turn.tx.policies.move(question, QuestionState.ANSWERED)
        order = turn.tx.orders.get(question.order)
        if order is None or not order.is_running:
            continue
        turn.tell(
            Notice(
                to=REPORTER,
                phrase="policy.now_answered",
                values=shown(entry),
                number=order.number,
                lane=Lane.DIALOGUE,
            )
        )
        try:
            turn.record(moves.resolve(order, turn.act, note=one_line(entry.answer)))
        except RuleBroken:
            turn.say("open_questions.order_stays", number=order.number)


def _open(turn: Turn, which: int) -> OpenQuestion | None:
    """The question, while it waits and this person may answer it."""
    question = turn.tx.policies.question(which)
    if question is None or question.state is not QuestionState.OPEN:
        return None
    return question if may_write(turn.actor, question.unit, turn.org) else None


def _words(turn: Turn, question: OpenQuestion) -> str:
    order = turn.tx.orders.get(question.order)
    return one_line(order.text) if order is not None else ""


ANSWERS = {"which": _which, "words": _words_given, "review": _review}
