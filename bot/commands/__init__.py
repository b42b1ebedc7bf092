"""Every command of `xiaoqi`, each a few lines: the settings, the work, what is printed."""

from __future__ import annotations

from bot.commands import serving, tables, talking
from bot.commands.base import application

__all__ = ["application", "serving", "tables", "talking"]
