"""What residents read: every variant of a phrase needs only what the Chinese one is given."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources

import pytest

VALUE = re.compile(r"\{[?!]?([a-z_]+)")
# Given with every work order, whether the Chinese text uses it or not.
OF_EVERY_ORDER = {"number", "category_en", "due", "path"}
FILES = ("resident", "order", "refused", "button")


def phrases() -> Iterator[tuple[str, dict[str, str]]]:
    for file in FILES:
        text = (resources.files("knowledge") / "phrases" / f"{file}.toml").read_text("utf-8")
        for group, table in tomllib.loads(text).items():
            for name, variants in table.items():
                yield (
                    f"{group}.{name}",
                    variants if isinstance(variants, dict) else {"text": variants},
                )


@pytest.mark.parametrize(("name", "variants"), list(phrases()), ids=lambda value: str(value)[:40])
def test_a_variant_needs_nothing_more(name: str, variants: dict[str, str]) -> None:
    given = set(VALUE.findall(variants["text"])) | OF_EVERY_ORDER
    for variant, text in variants.items():
        assert set(VALUE.findall(text)) <= given, variant


@pytest.mark.parametrize(("name", "variants"), list(phrases()), ids=lambda value: str(value)[:40])
def test_chinese_is_punctuated_as_chinese(name: str, variants: dict[str, str]) -> None:
    for variant in ("text", "group"):
        bare = re.sub(r"\{[^}]*\}|\d[:.]\d|^\{row\}\.|\[\n?|\]", "", variants.get(variant, ""))
        assert not re.search(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]", bare)
