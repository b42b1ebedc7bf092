"""A danger told plainly is one wherever it is: ordinary troubles are told with such places."""

from __future__ import annotations

import itertools

import pytest

from tests.knowledge.conftest import Read

WHERE = (
    "",
    "3栋2单元",
    "梧桐苑3栋2单元",
    "9号楼1单元",
    "12幢501",
    "十二栋三单元",
    "7栋顶楼",
    "地下车库",
    "小区北门",
    "我家对门",
    "锦绣花园",
    "阳光里小区",
    "恒大绿洲5栋",
    "幸福城",
    "翠屏湾12栋",
)
WHAT = (
    "着火了",
    "起火了",
    "冒浓烟",
    "煤气泄漏了",
    "好大的煤气味",
    "有人晕倒了",
    "电梯困人了",
    "有人触电了",
    "有人要跳楼",
    "有老人摔倒起不来了",
)


@pytest.mark.parametrize(("where", "what"), [*itertools.product(WHERE, WHAT)])
def test_it_is_a_danger_in_private_and_in_a_group(read: Read, where: str, what: str) -> None:
    assert read(where + what).emergency
    assert read(where + what, group=True).emergency
    assert read(where + what, staff=True).emergency
