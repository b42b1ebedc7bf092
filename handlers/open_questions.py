"""待答问题: what residents asked and nobody wrote an answer to; one message makes it an entry."""

from __future__ import annotations

from domain.changes import Notice, to_person
from domain.messages import Choice
from domain.policies import (
    OpenQuestion,
    Policy,
    PolicyMoved,
    PolicyState,
    QuestionState,
    may_write,
    publish,
)
from handlers.ask import one_line
from handlers.command import WORDS_OF_AN_ANSWER, desk_communities
from handlers.reviewing import put_forward, tell_of, tell_who_asked
from handlers.turn import Answer, Turn
from knowledge.anonymous import anonymous
from knowledge.spellings import PlaceReader

LISTED = 5
LABEL = 16  # characters on a button


def handle(turn: Turn) -> None:
    """Lists the oldest at the person's desks, and asks which to answer."""
    waiting = turn.tx.policies.open_questions(desk_communities(turn), LISTED)
    if not waiting:
        turn.say("open_questions.none")
        return
    words = [_words(turn, question) for question in waiting]
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
    entry = put_forward(turn, _entry(turn, question, words))
    turn.tx.policies.add(entry)
    turn.tx.policies.move(question, QuestionState.DRAFTED, entry=entry.code)
    tell_of(turn, entry)
    published = entry.state is PolicyState.PUBLISHED
    phrase = "open_questions.published" if published else "open_questions.drafted"
    turn.say(phrase, code=entry.code, question=entry.question)
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
        tell_who_asked(turn, published)
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
        question=_words(turn, question),
        answer=words,
        source=unit.name,
        updated_on=turn.rules.calendar.local_day(turn.now),
        unit=unit.id,
        author=turn.person.id,
    )


def _open(turn: Turn, which: int) -> OpenQuestion | None:
    """The question, while it waits and this person may answer it."""
    question = turn.tx.policies.question(which)
    if question is None or question.state is not QuestionState.OPEN:
        return None
    return question if may_write(turn.actor, question.unit, turn.org) else None


def _words(turn: Turn, question: OpenQuestion) -> str:
    """What was asked, without who asked it and where they live."""
    order = turn.tx.orders.get(question.order)
    if order is None:
        return ""
    reporter = turn.tx.people.get(order.reporter) if order.reporter is not None else None
    places = PlaceReader(turn.places.estate_names, turn.places.landmark_names)
    names = (reporter.name,) if reporter is not None else ()
    return anonymous(one_line(order.text), names=names, places=places)


ANSWERS = {"which": _which, "words": _words_given, "review": _review}
