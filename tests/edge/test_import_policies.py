"""Policy entries come from TOML and from a folder of Markdown as well; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.import_kinds import Existing
from bot.importing import BadFile, read_table
from domain.policies import Situation
from domain.units import UnitKind

EXISTING = Existing(units={"C01": UnitKind.COMMUNITY})
TOML = """
[[policies]]
code = "old-age"
question = "高龄津贴怎么领"
alternatives = ["老人有补贴吗"]
answer = '''到社区窗口登记。
代办要带双方身份证。'''
source = "社区居委会"
updated_on = 2026-06-01
unit = "C01"
asks = "老人满多少岁？"
situations = [{name = "满 80", answer = "可以领。"}, {name = "不满 80", answer = "还不能领。"}]
"""
MARKDOWN = """---
code: old-age
alternatives:
  - 老人有补贴吗
  - 八十岁有钱领吗
source: "社区居委会"
updated_on: 2026-06-01
---
# 高龄津贴怎么领

到社区窗口登记。
"""


def reason_of(file: Path) -> str:
    with pytest.raises(BadFile) as bad:
        read_table("policies", file, EXISTING)
    return str(bad.value)


def test_an_entry_of_a_toml_file_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(TOML, "utf-8")
    (row,) = read_table("policies", file, EXISTING)

    assert row["answer"].splitlines() == ["到社区窗口登记。", "代办要带双方身份证。"]
    assert row["situations"][1] == Situation(name="不满 80", answer="还不能领。")
    assert row["state"] == "published"


@pytest.mark.parametrize(
    ("wrong", "right", "reason"),
    [
        ("2026-02-30", "2026-06-01", "policies.toml, row 9: is no TOML"),
        ("[[policy]]", "[[policies]]", "holds no [[policies]]"),
        (
            'source = ""',
            'source = "社区居委会"',
            "toml, row 2, column source: is missing",
        ),
        ("sources", "source", "row 2, column sources: no such column"),
        ("[1]", '["老人有补贴吗"]', "row 2: 'alternatives' is neither"),
    ],
)
def test_a_wrong_toml_file_is_named(wrong: str, right: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(TOML.replace(right, wrong, 1), "utf-8")

    assert reason in reason_of(file)


def test_two_entries_with_one_code_are_named(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(TOML + TOML, "utf-8")

    assert "row 14, column code: 'old-age' stands in row 2 already" in reason_of(file)


def test_a_folder_of_markdown_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(MARKDOWN, "utf-8")
    (row,) = read_table("policies", tmp_path, EXISTING)

    assert row["question"] == "高龄津贴怎么领"
    assert row["alternatives"] == ("老人有补贴吗", "八十岁有钱领吗")
    assert row["answer"] == "到社区窗口登记。"


@pytest.mark.parametrize(
    ("wrong", "right", "reason"),
    [
        ("2026-06-31", "2026-06-01", "a.md, column updated_on: '2026-06-31' is not a day"),
        ("code:", "source:", "a.md, row 6: 'code' stands there twice"),
        ("***", "---\n#", "a.md, row 8: '*** 高龄津贴怎么领' is no field"),
        ("", "---\n# 高龄津贴怎么领\n\n到社区窗口登记。\n", "a.md, row 7: its fields do not end"),
        ("hello", "---\ncode", "a.md, row 1: does not begin with ---"),
        ("到处 source", "source", "a.md, row 6: '到处 source"),
        ("", "到社区窗口登记。", "a.md, column answer: is missing"),
    ],
)
def test_a_wrong_markdown_file_is_named(
    wrong: str, right: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(MARKDOWN.replace(right, wrong, 1), "utf-8")

    assert reason in reason_of(tmp_path)


def test_a_folder_without_markdown_is_named(tmp_path: Path) -> None:
    assert "holds no Markdown" in reason_of(tmp_path)


YAML = """
policies:
  - code: old-age
    question: 高龄津贴怎么领
    alternatives: [老人有补贴吗, 八十岁有钱领吗]
    answer: |
      到社区窗口登记。
      代办要带双方身份证。
    phone: 0551
    source: 社区居委会
    document:
    updated_on: 2026-06-01
    unit: C01
    asks: 老人满多少岁？
    situations:
      - {name: 满 80, answer: 可以领。}
      - {name: 不满 80, answer: 还不能领。}
    sample: true
"""


@pytest.mark.parametrize("name", ["policies.yaml", "policies.YML"])
def test_an_entry_of_a_yaml_file_is_taken(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(YAML, "utf-8")
    (row,) = read_table("policies", file, EXISTING)

    assert row["answer"].splitlines() == ["到社区窗口登记。", "代办要带双方身份证。"]
    assert row["phone"] == "0551"
    assert row["situations"][1] == Situation(name="不满 80", answer="还不能领。")
    assert row["sample"] is True


@pytest.mark.parametrize(
    ("wrong", "right", "reason"),
    [
        (
            "    question: 高龄津贴怎么领",
            "    question: 高龄津贴怎么领\n    code: other",
            "row 5: 'code' stands there twice",
        ),
        ("updated_on: 2026-06-01", "updated_on: 2026-02-30", "row 3, column updated_on"),
        ("policies:", "people:", "holds no list of policies"),
        ("    source: 社区居委会", "    sauce: 社区居委会", "row 3, column sauce"),
        ("  - code: old-age", "  - code: [old-age", "is no YAML"),
        ("phone: 0551", "phone: &all 0551\n    place: *all", "write it out"),
        ("phone: 0551", "phone: !!python/object/apply:os.getcwd []", "row 9"),
        ("phone: 0551", f"phone: {'[' * 2000}", "is no YAML"),
    ],
)
def test_what_is_wrong_in_yaml_is_named(
    tmp_path: Path, wrong: str, right: str, reason: str
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(YAML.replace(wrong, right, 1), "utf-8")

    assert reason in reason_of(file)
