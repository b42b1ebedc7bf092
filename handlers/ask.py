"""A question of policy: answered from an entry with its source, or asked back, or handed over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.messages import Choice
from domain.orders import OrderClass, WorkOrder
from domain.policies import Policy, QuestionKind, Situation
from domain.readings import Problem
from handlers import announced, drafts
from handlers.opening import open_now
from handlers.shown import values
from handlers.turn import Answer, Turn
from handlers.where import community_here
from knowledge.policies import (
    Outcome,
    aspect_of,
    outcome,
    situation_answered,
    situation_said,
    worth_offering,
)
from knowledge.signs import signs

MEMORY = "policy"  # the entry talked about, in the notes of the conversation
STILL_TALKING = timedelta(minutes=30)
NONE_OF_THESE = "none_of_these"
# Words after a question about the person's situation that may as well be the answer to it.
MAYBE_AN_ANSWER = frozenset({"", "chitchat"})


def handle(turn: Turn) -> None:
    """Answers, asks what was meant, or says that it is not sure and hands the question over."""
    if announced.answered(turn) or followed_up(turn):
        return
    text, found = turn.reading.question or turn.heard.text, turn.reading.policies
    if aspect := aspect_of(text):  # 那要带什么材料, and we do not know for what
        _ask_for_what(turn, aspect)
        return
    match outcome(found):
        case Outcome.ANSWER:
            policy = _given_now(turn, found[0].code)
            if policy is None:
                hand_over(turn, text, QuestionKind.OUTDATED, found[0].code)
            else:
                give(turn, policy, text, retold=_retold(turn, policy))
        case Outcome.UNSURE if "not_knowing" in signs(text):  # 说不清在哪: nothing is asked
            turn.say("not_understood.first")
        case Outcome.UNSURE:
            hand_over(turn, text, QuestionKind.UNANSWERED)
        case Outcome.MEANT:
            if not may_offer(turn):
                hand_over(turn, text, QuestionKind.UNANSWERED)


def may_offer(turn: Turn) -> bool:
    """Offers what may be meant; False when there is nothing to offer."""
    found = turn.reading.policies
    if outcome(found) is Outcome.UNSURE:
        return False
    maybe = [_given_now(turn, code) for code in worth_offering(found)]
    policies = [policy for policy in maybe if policy is not None]
    if not policies:
        return False
    turn.ask(
        "ask.meant",
        "policy.meant",
        choices=(
            *(Choice(value=one.code, label=one.question) for one in policies),
            Choice(value=NONE_OF_THESE),
        ),
        context={"text": turn.heard.text},
        questions=[
            {"row": row, "question": one.question} for row, one in enumerate(policies, start=1)
        ],
    )
    return True


def followed_up(turn: Turn) -> bool:
    """Answers what is asked about the entry talked about; False when it is no such question."""
    policy = _talked_about(turn)
    if policy is None:
        return False
    aspect = aspect_of(turn.heard.text)
    situation = situation_said(turn.heard.text, policy.situations)
    if not aspect and situation is None:
        return False
    text = str(turn.conversation.memory[MEMORY]["text"])
    if situation is not None and not aspect:
        give(turn, policy, text, answer=situation.answer)
    else:
        _give_aspect(turn, policy, text, aspect)
    return True


def give(turn: Turn, policy: Policy, text: str, *, answer: str = "", retold: str = "") -> None:
    """Gives the entry, or asks the one thing it depends on.

    `answer` is that of a situation, `retold` what a model made of the entry's own.
    """
    situation = None if answer else situation_said(text, policy.situations)
    if not answer and situation is None and policy.situations:
        choices = tuple(
            Choice(value=f"situation_{place}", label=one.name)
            for place, one in enumerate(policy.situations)
        )
        context = {"code": policy.code, "text": text}
        turn.ask("ask.situation", "policy.ask", asks=policy.asks, choices=choices, context=context)
        return
    said = answer or _answer(policy, situation)
    retold = "" if answer or situation else retold
    told = {**shown(policy), "answer": one_line(retold or said), "retold": bool(retold)}
    _remember(turn, policy, text)
    if turn.in_group:
        turn.say("policy.answer", **told)
        return
    choices = (Choice(value="helpful"), Choice(value="unhelpful"))
    context = {"code": policy.code, "text": text}
    turn.ask("ask.rated", "policy.answer", choices=choices, context=context, **told)


def shown(policy: Policy) -> dict[str, Any]:
    """What a phrase may say of an entry; each in one line."""
    return {
        "code": policy.code,
        "question": policy.question,
        "answer": one_line(policy.answer),
        "materials": one_line(policy.materials),
        "where": policy.place,
        "hours": policy.hours,
        "phone": policy.phone,
        "link": policy.link,
        "source": policy.source,
        "document": policy.document,
        "updated": policy.updated_on.isoformat(),
        "sample": policy.sample,
    }


def _give_aspect(turn: Turn, policy: Policy, text: str, aspect: str) -> None:
    """What the entry says of one thing about it: materials, where, hours, phone, link, source."""
    said = {name: value for name, value in shown(policy).items() if name != "answer"}
    _remember(turn, policy, text)
    if aspect != "source" and not said[aspect]:
        turn.say("policy.unknown_aspect", **said)
    else:
        turn.say("policy.aspect", aspect=aspect, **said)


def _ask_for_what(turn: Turn, aspect: str) -> None:
    """Asks which matter is meant; the one talked about a while ago is offered."""
    last = _talked_about(turn, within=None)
    choices = (Choice(value=last.code, label=last.question),) if last else ()
    context = {"aspect": aspect, "text": turn.heard.text}
    question = last.question if last else ""
    turn.ask("ask.subject", "policy.for_what", choices=choices, context=context, question=question)


def one_line(text: str) -> str:
    """The text without line breaks, since an answer has five lines at most."""
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


def hand_over(turn: Turn, text: str, kind: QuestionKind, policy: str = "") -> None:
    """Says that it is not sure; the desk gets the question as a work order with a date."""
    question = Problem(text=text, category=_category(turn), order_class=OrderClass.Q)
    order = open_now(turn, drafts.begun(turn, question, turn.reading.place))
    _put_on_the_list(turn, order, kind, policy)
    phrase = "policy.outdated" if kind is QuestionKind.OUTDATED else "ask.handed_over"
    turn.say(phrase, **values(turn, order))


def _put_on_the_list(turn: Turn, order: WorkOrder, kind: QuestionKind, policy: str) -> None:
    if order.id is not None and not (order.restricted or order.about_staff):
        turn.tx.policies.ask(order.id, order.community, kind, policy=policy)


def _category(turn: Turn) -> str:
    """What is asked about, where an enquiry fits; else the category for questions."""
    asked = next((p for p in turn.reading.problems if p.order_class == OrderClass.Q), None)
    return asked.category if asked is not None else general_category(turn)


def general_category(turn: Turn) -> str:
    """The category for questions that fit no other."""
    categories = turn.rules.categories.values()
    return next((c.code for c in categories if c.order_class is OrderClass.Q), "")


def _meant(turn: Turn, answer: Answer) -> bool:
    text = str(answer.context["text"])
    offered = [one.value for one in answer.question.choices if one.value != NONE_OF_THESE]
    aspect = "" if answer.value else aspect_of(turn.heard.text)
    if aspect and len(offered) == 1:  # 那要带什么, and only one was offered
        policy = _given_now(turn, offered[0])
        if policy is not None:
            _give_aspect(turn, policy, text, aspect)
        return policy is not None
    if not answer.value:
        return False
    if answer.value == NONE_OF_THESE:
        hand_over(turn, text, QuestionKind.UNANSWERED)
        return True
    policy = _given_now(turn, answer.value)
    if policy is None:
        hand_over(turn, text, QuestionKind.OUTDATED, answer.value)
    else:
        give(turn, policy, text)
    return True


def _subject(turn: Turn, answer: Answer) -> bool:
    """The matter that was asked about before it was named: that of it is told."""
    found = turn.reading.policies
    if not answer.value and turn.reading.intent not in {"ask", *MAYBE_AN_ANSWER}:
        return False
    if not answer.value and outcome(found) is not Outcome.ANSWER:
        return may_offer(turn)
    policy = _given_now(turn, answer.value or found[0].code)
    if policy is None:
        return False
    _give_aspect(turn, policy, turn.heard.text, str(answer.context["aspect"]))
    return True


def _situation(turn: Turn, answer: Answer) -> bool:
    """The one thing that was asked; what is no answer to it gets the general answer."""
    policy = _given_now(turn, str(answer.context["code"]))
    if policy is None:
        return False
    if not answer.value and (aspect := aspect_of(turn.heard.text)):
        _give_aspect(turn, policy, str(answer.context["text"]), aspect)
        return True
    said = situation_answered(turn.heard.text, policy.situations)
    if answer.value:
        said = policy.situations[int(answer.value.removeprefix("situation_"))]
    elif said is None and turn.reading.intent not in MAYBE_AN_ANSWER:
        return False
    give(turn, policy, str(answer.context["text"]), answer=_answer(policy, said))
    return True


def _rated(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return False
    code = str(answer.context["code"])
    turn.tx.policies.rate(code, helpful=answer.value == "helpful")
    if answer.value == "helpful":
        turn.say("policy.helped")
    else:
        hand_over(turn, str(answer.context["text"]), QuestionKind.BADLY_ANSWERED, code)
    return True


def _answer(policy: Policy, situation: Situation | None) -> str:
    return policy.answer if situation is None else situation.answer


def _retold(turn: Turn, policy: Policy) -> str:
    """The words of a model for the entry, while it says what it said when they were checked."""
    advice = turn.reading.advice
    if advice is None or (advice.code, advice.version) != (policy.code, policy.version):
        return ""
    return advice.words


def _given_now(turn: Turn, code: str) -> Policy | None:
    """The entry, if it may be given to this person now: it may have changed since it was found."""
    policy = turn.tx.policies.get(code)
    if policy is None or not policy.is_current(turn.rules.calendar.local_day(turn.now)):
        return None
    here = policy.unit is None or turn.org.within(community_here(turn), policy.unit)
    return policy if here else None


def _talked_about(turn: Turn, *, within: timedelta | None = STILL_TALKING) -> Policy | None:
    noted = turn.conversation.memory.get(MEMORY)
    if not noted:
        return None
    if within is not None and turn.now - datetime.fromisoformat(noted["at"]) > within:
        return None
    return _given_now(turn, str(noted["code"]))


def _remember(turn: Turn, policy: Policy, text: str) -> None:
    noted = {"code": policy.code, "text": text, "at": turn.now.isoformat()}
    turn.remember(memory={**turn.conversation.memory, MEMORY: noted})


ANSWERS = {"meant": _meant, "situation": _situation, "rated": _rated, "subject": _subject}
