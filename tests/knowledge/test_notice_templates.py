"""A community's own templates of notices, and what is said of a file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.notice_templates import TemplateError, load_templates, shipped
from knowledge.notices import read_notice

OWN = """
[template.water]
text = "{where}将于{when}停水。[原因：{why}。][电话：{phone}。]"

[template.dragon_boat]
name = "包粽子"
text = "{when}在{where}包粽子，[请带{bring}，]欢迎来。"
[template.dragon_boat.fields]
when = "时间"
where = "地点"
bring = "携带"
"""
FIELDS = '[template.a.fields]\nwhen = "时间"\n'


def laid_over(tmp_path: Path, text: str) -> list[Path]:
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("no template", encoding="utf-8")
    return [tmp_path]


def test_ours_are_changed_and_others_added(tmp_path: Path) -> None:
    templates = load_templates(laid_over(tmp_path, OWN))

    assert templates["water"].name == "停水"
    values = {"where": "3栋", "when": "明天"}
    assert templates["water"].render(values) == "3栋将于明天停水。"
    assert templates["power"] == shipped()["power"]
    written = read_notice("包粽子 时间：周六；地点：广场", templates)
    assert written.template.render(written.values) == "周六在广场包粽子，欢迎来。"


def test_one_without_gaps_and_one_whose_name_begins_like_another(tmp_path: Path) -> None:
    text = '[template.drill]\nname = "停水演练"\ntext = "今天是演练。"\nfields = {}\n'
    templates = load_templates(laid_over(tmp_path, text))

    written = read_notice("停水演练\n发给：全社区", templates)
    assert written.template.key == "drill"
    assert written.template.render(written.values) == "今天是演练。"
    assert written.target == "全社区"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[template.a", r"own\.toml: not readable"),
        ("[templates.a]\n", r"own\.toml: templates"),
        ("template = 3\n", r"own\.toml: template: each needs a table"),
        ("[template]\na = 3\n", r"own\.toml: template: each needs a table"),
        ('[template.a]\nname = "通告"\n', r"own\.toml: template\.a: text is missing"),
        ('[template.water]\ntexts = "x"\n', r"template\.water: there is no texts"),
        ("[template.water]\nurgent = 1\n", r"template\.water: urgent is no bool"),
        ('[template.water]\nname = "a b"\n', r"template\.water: name must"),
        (f'[template.a]\nname = "通告"\ntext = "{{where}}"\n{FIELDS}', r"\{where\}"),
        (f'[template.a]\nname = "通告"\ntext = "x"\n{FIELDS}', r"fields\.when stands nowhere"),
        (f'[template.a]\nname = "通告"\ntext = "{{when}}["\n{FIELDS}', r"template\.a: .*\["),
        (f'[template.a]\nname = "通告"\ntext = "{{when}}}}"\n{FIELDS}', r"template\.a: .*gap"),
        (f'[template.a]\nname = "停电"\ntext = "{{when}}"\n{FIELDS}', r"template\.a: .*停电"),
        ('[template.water]\ntext = ""\n', r"template\.water: text must"),
        ('[template.free]\ntext = "通知"\nfields = {}\n', r"template\.free: "),
        (
            '[template.a]\nname = "通告"\ntext = "{a}"\nfields = {a = "发给"}\n',
            r"template\.a: fields: 发给",
        ),
    ],
)
def test_a_bad_file_is_named_with_the_template_and_why(
    text: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(TemplateError, match=why):
        load_templates(laid_over(tmp_path, text))
