"""How long what is kept may be kept, class by class, and what becomes of it then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Kept(StrEnum):
    """A class of what is kept; nothing personal is kept outside one."""

    INBOX_WORDS = "inbox_words"  # 居民消息原文
    DEAD_LETTERS = "dead_letters"  # 死信
    OUTBOX_WORDS = "outbox_words"  # 已发送消息的文字
    TRANSCRIPTS = "transcripts"  # 网页聊天记录
    CONVERSATIONS = "conversations"  # 会话记忆
    QUESTIONS = "questions"  # 过期的追问
    HAND_OVERS = "hand_overs"  # 已结束的转人工
    ATTACHMENTS = "attachments"  # 照片、语音、文件
    COPIES = "copies"  # 给本人的资料副本
    ORDER_WORDS = "order_words"  # 已结工单中的个人信息
    PEOPLE = "people"  # 长期不用的居民
    ROUTING = "routing"  # 消息收发日志
    AUDIT = "audit"  # 操作记录
    ERASURES = "erasures"  # 删除记录
    CONSENTS = "consents"  # 已删除居民的告知同意记录
    NOTICE_RECIPIENTS = "notice_recipients"  # 通知发给了谁、谁怎么答复
    NOTICES = "notices"  # 发过的通知
    REMINDERS = "reminders"  # 已发的活动提醒记录
    ACTIVITIES = "activities"  # 活动台账
    JOB_RUNS = "job_runs"  # 定时任务记录
    CODES = "codes"  # 过期的邀请码、链接


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How many days a class is kept unless an operator says otherwise, never fewer than `least`.

    `then` is what becomes of it, `why` where the number is from (design.md names the law).
    """

    days: int
    least: int
    then: str
    why: str = "个人信息保护法 19: no longer than needed"


NETWORK_LOGS = "网络安全法 23(3): logs at least six months"
TERMS: Mapping[Kept, Term] = {
    Kept.INBOX_WORDS: Term(days=30, least=3, then="words removed, the day's key destroyed"),
    Kept.DEAD_LETTERS: Term(days=90, least=7, then="dropped"),
    Kept.OUTBOX_WORDS: Term(days=180, least=7, then="words removed"),
    Kept.TRANSCRIPTS: Term(days=180, least=7, then="dropped"),
    Kept.CONVERSATIONS: Term(days=90, least=7, then="forgotten"),
    Kept.QUESTIONS: Term(days=30, least=1, then="dropped"),
    Kept.HAND_OVERS: Term(days=180, least=7, then="dropped"),
    Kept.ATTACHMENTS: Term(days=180, least=30, then="bytes dropped, that there was one stays"),
    Kept.COPIES: Term(days=3, least=1, then="dropped, and its link with it"),
    Kept.ORDER_WORDS: Term(
        days=730, least=180, then="words, room and reporter removed, the order stays countable"
    ),
    Kept.PEOPLE: Term(days=730, least=365, then="warned 30 days before, then erased"),
    Kept.ROUTING: Term(days=400, least=180, then="dropped", why=NETWORK_LOGS),
    Kept.AUDIT: Term(days=400, least=180, then="cut off, the chain goes on", why=NETWORK_LOGS),
    Kept.ERASURES: Term(
        days=1095, least=1095, then="dropped", why="个人信息保护法 23: records three years"
    ),
    Kept.CONSENTS: Term(
        days=1095, least=1095, then="dropped", why="个人信息保护法 23: records three years"
    ),
    # Longer than their buttons can be pressed (30 days).
    Kept.NOTICE_RECIPIENTS: Term(
        days=180, least=45, then="dropped with what they answered, the counts stay"
    ),
    Kept.NOTICES: Term(
        days=730, least=180, then="dropped", why="what an office announced: two years"
    ),
    Kept.REMINDERS: Term(days=180, least=30, then="dropped"),
    Kept.ACTIVITIES: Term(
        days=1825,
        least=730,
        then="dropped, with who was asked, came or took leave",
        why="the record book of a branch: five years",
    ),
    # Not sooner: some things are said once within two weeks, and the run is the memory of that.
    Kept.JOB_RUNS: Term(
        days=30, least=20, then="dropped, but the newest of each job", why="nobody needs them"
    ),
    Kept.CODES: Term(days=1, least=0, then="dropped", why="they open nothing any more"),
}
# Before inactive people are erased they are told, where they can be; a word from them is enough.
WARNING = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The days an operator chose; the classes not named are kept as long as TERMS says."""

    days: Mapping[Kept, int] = field(default_factory=dict)

    def before(self, kept: Kept, now: datetime) -> datetime:
        """What is of before then is past its time."""
        return now - timedelta(days=self.days.get(kept, TERMS[kept].days))
