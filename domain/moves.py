"""Every move of a work order, in the order of its life: a table of contents."""

from domain.clockwork import (
    close_by_silence,
    escalate,
    expire_draft,
    remind_to_confirm,
    resume_when_due,
    tell_late,
    warn,
)
from domain.correcting import correct, recategorise, settle_place
from domain.desk import assign, decline, name_owner, transfer
from domain.extensions import approve_extension, ask_extension, refuse_extension
from domain.handling import accept, hand_on, note, resolve, resume, return_order, suspend
from domain.intake import open_order
from domain.joint import on_site, report_in, whistle
from domain.merging import merge_into, split, unmerge
from domain.resident import follow, keep_name, say_over, supplement, unfollow, urge, withdraw
from domain.supervision import call_supervision, strike_off, supervise
from domain.verdict import confirm, disagree, rate, reopen

__all__ = [
    "accept",
    "approve_extension",
    "ask_extension",
    "assign",
    "call_supervision",
    "close_by_silence",
    "confirm",
    "correct",
    "decline",
    "disagree",
    "escalate",
    "expire_draft",
    "follow",
    "hand_on",
    "keep_name",
    "merge_into",
    "name_owner",
    "note",
    "on_site",
    "open_order",
    "rate",
    "recategorise",
    "refuse_extension",
    "remind_to_confirm",
    "reopen",
    "report_in",
    "resolve",
    "resume",
    "resume_when_due",
    "return_order",
    "say_over",
    "settle_place",
    "split",
    "strike_off",
    "supervise",
    "supplement",
    "suspend",
    "tell_late",
    "transfer",
    "unfollow",
    "unmerge",
    "urge",
    "warn",
    "whistle",
    "withdraw",
]
