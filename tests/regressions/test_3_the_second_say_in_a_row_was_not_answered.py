"""`xiaoqi say` kept the lease of its channel for six seconds after it had ended."""

from __future__ import annotations

from tests.edge.conftest import Xiaoqi, write, xiaoqi

__all__ = ["write", "xiaoqi"]


def test_the_second_say_in_a_row_was_not_answered(xiaoqi: Xiaoqi) -> None:
    assert xiaoqi("say", "--sample", "你好").out
    assert xiaoqi("say", "--sample", "你好").out
