"""`xiaoqi evaluate categories` puts texts under labels, and names a line it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands import application
from knowledge.evaluation.categories import (
    Figures,
    Text,
    among,
    evaluate,
    read_names,
    read_texts,
    taught,
)
from knowledge.evaluation.lines import BadRow
from knowledge.learning import Guess
from knowledge.learning_prior import Label, Prior

TAXONOMY = """l1,l2,l3
教育文体,教育收费,乱收费
教育文体,考试招生,招生录取
交通运输,出租车管理,运价监管
"""
SCHOOL, TAXI = "教育文体", "交通运输"


def lines(*pairs: tuple[str, str]) -> str:
    return "\n".join(json.dumps({"text": text, "label": label}) for text, label in pairs)


def ran(folder: Path, *arguments: str, **files: str) -> tuple[int, str, str]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    places = [str(folder / one) if one in files else one for one in arguments]
    ended = CliRunner().invoke(application, ["evaluate", "categories", *places])
    return ended.exit_code, ended.stdout, ended.stderr


TEST = lines(("学校补课乱收费", SCHOOL), ("出租车不打表", TAXI))


def test_names_and_typical_words_alone_put_texts_under_labels(tmp_path: Path) -> None:
    files = {"t": TEST, "n": TAXONOMY}
    code, out, _ = ran(tmp_path, "--test", "t", "--names", "n", **files)
    assert code == 0
    figures = json.loads(out)
    assert (figures["macro_f1"], figures["accuracy"], figures["labels"]) == (1.0, 1.0, 2)
    wanted = {"accuracy_at_90_coverage", "fit_s", "p50_ms", "peak_mb", "calibration_error"}
    assert wanted <= set(figures)


def test_the_table_that_is_shipped_is_asked_without_names(tmp_path: Path) -> None:
    test = lines(("楼道灯不亮了", "0402"), ("垃圾没人收", "0301"))
    code, out, _ = ran(tmp_path, "--test", "t", t=test)
    assert (code, json.loads(out)["accuracy"]) == (0, 1.0)


def test_examples_teach_what_no_name_says(tmp_path: Path) -> None:
    train = lines(*[("小张又迟到", "A"), ("老王提前走", "B")] * 12)
    test = lines(("小张迟到", "A"), ("老王走了", "B"))
    misses = tmp_path / "misses"
    arguments = ("--test", "t", "--train", "tr", "--misses", str(misses))
    code, out, _ = ran(tmp_path, *arguments, t=test, tr=train)
    assert (code, json.loads(out)["accuracy"]) == (0, 1.0)
    assert misses.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("t", '{"text": "灯坏了", "label": "A"}\n{"text": 3, "label": "A"}', "2: 'text' is 3"),
        ("t", '{"text": "灯坏了"}', "1: has no 'label'"),
        ("t", '{"text": "灯坏了", "label": " "}', "1: 'label' is empty"),
        ("t", "灯坏了", "1: is no JSON"),
        ("t", "", "1: there is no line"),
        ("n", "a,b\n1,2\n", "1: there is no column 'code' or 'l1'"),
        ("n", "l1,l2,l3\n,甲,乙\n", "2: 'l1' is empty"),
        ("n", "code,name_zh\n01,灯\n01,灯\n", "3: 01 is named a second time"),
        ("n", "code,name_zh\n", "1: there is no row"),
        ("n", 'code,name_zh\n01,"灯\n', "is no CSV"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(
    tmp_path: Path, file: str, text: str, reason: str
) -> None:
    files = {"t": TEST, "n": TAXONOMY, file: text}
    code, out, err = ran(tmp_path, "--test", "t", "--names", "n", **files)
    assert (code, out) == (1, "")
    assert reason in err
    assert f"{tmp_path / file}:" in err


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, _, err = ran(tmp_path, "--test", str(tmp_path / "gone"))
    assert code == 1
    assert "gone" in err


class Fixed:
    """Guesses by a table."""

    def __init__(self, **guesses: tuple[str, float]) -> None:
        self._guesses = guesses

    def guess(self, text: str) -> Guess:
        code, confidence = self._guesses[text]
        return Guess(code=code, confidence=confidence)


def figures(model: Fixed, *texts: tuple[str, str]) -> Figures:
    rows = [Text(row=row, text=text, label=label) for row, (text, label) in enumerate(texts, 1)]
    return evaluate(model, rows, lambda: 0.0)


def test_the_least_sure_tenth_is_left_out_at_90_coverage() -> None:
    ten = {f"t{number}": ("A", 0.9) for number in range(9)}
    model = Fixed(**ten, wrong=("A", 0.2))
    found = figures(model, *((name, "A") for name in ten), ("wrong", "B")).figures
    assert (found["accuracy"], found["accuracy_at_90_coverage"]) == (0.9, 1.0)


def test_macro_f1_is_over_the_labels_that_occur() -> None:
    found = figures(Fixed(a=("A", 1.0), b=("C", 1.0)), ("a", "A"), ("b", "B"))
    assert found.figures["macro_f1"] == 0.5
    assert [miss["label"] for miss in found.misses] == ["B"]


def test_a_label_in_no_table_is_called_as_it_is_written() -> None:
    (label,) = among((), [Text(row=1, text="学校", label=SCHOOL)])
    assert label == Label(code=SCHOOL, name=SCHOOL)


def test_all_three_levels_and_typical_words_speak_for_a_label() -> None:
    school, taxi = read_names(TAXONOMY)
    assert school.below == ("教育收费", "乱收费", "考试招生", "招生录取")
    (lamp,) = read_names(
        "code,name_zh,name_en,class,words\n0402,照明,Lighting,N,路灯；灯+不亮/坏\n"
    )
    assert lamp.words == ("路灯", "灯+不亮/坏")
    prior = Prior((school, taxi, lamp))
    assert prior.scores("楼道灯坏")[2] > 0


def test_nothing_to_learn_from_is_the_table_alone() -> None:
    model = taught(read_names(TAXONOMY), ())
    assert model.guess("出租车拒载").code == TAXI


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    assert len(read_texts("\ufeff" + TEST + "\n\n")) == 2
    with pytest.raises(BadRow):
        read_texts("\n\n")
