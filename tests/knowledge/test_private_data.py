"""Private data is found, and other numbers are left alone. All numbers here are invented."""

from __future__ import annotations

import pytest

from knowledge.normal import normal
from knowledge.private_data import find_private_data


@pytest.mark.parametrize(
    ("said", "kind", "hidden"),
    [
        ("我的身份证11010519491231002X请查", "id", "11010519491231002X"),
        ("号码是 110105 19491231 002x", "id", "110105 19491231 002x"),
        ("身份证:110105194912310021", "id", "110105194912310021"),
        ("老证号 110105491231002", "id", "110105491231002"),
        ("身份证32010219580312xxxx", "id", "32010219580312xxxx"),
        ("打我电话13812345678", "mobile", "13812345678"),
        ("电话138 1234 5678", "mobile", "138 1234 5678"),
        ("１３８１２３４５６７８", "mobile", "13812345678"),
        ("+86-138-1234-5678", "mobile", "+86-138-1234-5678"),
        ("卡号4111111111111111", "card", "4111111111111111"),
        ("卡号 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        ("苏A12345堵门", "plate", "苏A12345"),
        ("车牌 苏A·D12345", "plate", "苏A·D12345"),
    ],
)
def test_it_is_found(said: str, kind: str, hidden: str) -> None:
    message = normal(said)

    found = find_private_data(message.key)

    assert [(message.text[start:end], kind) for start, end, kind in found] == [(hidden, kind)]


@pytest.mark.parametrize(
    "said",
    [
        "工单0621482130",
        "打12345也没用",
        "3栋2单元501",
        "2026年6月24日18:00",
        "110105194912310021",
        "4111111111111112",
        "025-88881234",
        "苏宁易购",
        "涨了1380元",
    ],
)
def test_other_numbers_are_not(said: str) -> None:
    assert find_private_data(normal(said).key) == ()


def test_several_are_found_in_order() -> None:
    found = find_private_data(normal("苏A12345的车主13812345678").key)

    assert [kind for _, _, kind in found] == ["plate", "mobile"]
