"""Every command of `xiaoqi`, each a few lines: the settings, the work, what is printed."""

# ruff: noqa: I001 (in the order in which --help lists them)
from __future__ import annotations

from bot.commands import serving
from bot.commands import tables
from bot.commands import backups
from bot.commands import queues
from bot.commands import broadcast
from bot.commands import keeping
from bot.commands import talking
from bot.commands import evaluating
from bot.commands import training
from bot.commands.base import application

__all__ = [
    "application",
    "backups",
    "broadcast",
    "evaluating",
    "keeping",
    "queues",
    "serving",
    "tables",
    "talking",
    "training",
]
