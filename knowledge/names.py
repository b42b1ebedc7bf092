"""Names of people and departments in a staff command."""

from __future__ import annotations

import re

_DEPUTY = re.compile(
    r"(?:^|[\s,.;由让请叫假差息])(?P<name>[\u4e00-\u9fff]{2,4}?)(?:来|先)?(?:帮我?|帮忙|帮着|给我)?"
    r"(?:顶|代|替|看着|盯着|照看|看一下|接手|处理|负责|管)"
)
# 活给小赵: the work goes to somebody.
_GIVEN_TO = re.compile(
    r"(?:(?:活儿?|单子|事情?|工作|手上的)(?:都|先|就)?(?:给|交给|归|由|转给|让)"
    r"|(?<=[\s,.])(?:有事|事情|活儿?)?(?:都|就|请)?找)(?P<name>[\u4e00-\u9fff]{2,3})"
    r"(?=$|[\s,.;!]|弄|办|管|负责|看|顶|替)"
)
_BETWEEN = re.compile(r"[\s,.;、/]+|和|跟|与|以及")
_LEAD = re.compile(r"^(?:给|派给|转给|交给|请|让|由|到|是|为|成|要)+")
_TAIL = re.compile(
    r"(?:(?:来|去)?(?:处理|办理|办|负责|跟进|承办|主办|协办|吧|一下|支援|配合)+|来|去)$"
)


def find_people(key: str) -> tuple[str, ...]:
    """Who stands in: 小赵顶, 由张伟替班, 活给小赵."""
    found = (*_GIVEN_TO.finditer(key), *_DEPUTY.finditer(key))
    return tuple(dict.fromkeys(match["name"] for match in found))


def find_targets(key: str) -> tuple[str, ...]:
    """Who should act, as said: names of people, posts or departments (消防 供电, 小赵, 物业)."""
    cleaned = (_TAIL.sub("", _LEAD.sub("", name)) for name in _BETWEEN.split(key))
    return tuple(dict.fromkeys(name for name in cleaned if 1 < len(name) <= 12))
