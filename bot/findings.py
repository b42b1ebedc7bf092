"""What `xiaoqi check` finds: how bad it is, and the phrase that says it and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a finding is; the worst first."""

    BROKEN = "broken"  # 出错: somebody is not heard, not told or not helped
    WARNING = "warning"  # 警告: it will be, if nobody looks
    HINT = "hint"  # 提示


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something an operator should know: a phrase of `check` and its values, never personal."""

    phrase: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.BROKEN
