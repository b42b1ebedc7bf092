"""Tables go in and come out by the command line: all of a file or nothing of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exporting import RISKY, safe, unquoted
from bot.sample import TABLES
from tests.edge.conftest import Xiaoqi

Write = Callable[[str, str], Path]

EXPORTED = [kind for kind in TABLES if kind not in ("people", "members")]


def sample_file(kind: str) -> Path:
    home = resources.files("knowledge" if kind == "categories" else "bot")
    folder = home if kind == "categories" else home / "sample_tables"
    return Path(str(folder / f"{kind}.{'toml' if kind == 'policies' else 'csv'}"))


def rows_of(kind: str) -> int:
    text = sample_file(kind).read_text(encoding="utf-8")
    return text.count("[[policies]]") if kind == "policies" else len(text.splitlines()) - 1


def import_the_sample(xiaoqi: Xiaoqi) -> None:
    for kind in TABLES:
        assert xiaoqi("import", kind, sample_file(kind)).code == 0


def test_one_bad_row_keeps_the_whole_file_out(xiaoqi: Xiaoqi, write: Write) -> None:
    file = write("units.csv", "code,kind,name,parent\nD01,district,栖梧区,\nC 1,community,x,D01\n")

    done = xiaoqi("import", "units", file)

    assert done.code == 1
    assert "units.csv, row 3, column code: 'C 1' is not a code" in done.err
    assert "1 problems; nothing was imported" in done.err
    assert xiaoqi("export", "units", "out.csv").out.startswith("0 rows")


def test_a_dry_run_changes_nothing(xiaoqi: Xiaoqi, write: Write) -> None:
    file = write("units.csv", "code,kind,name,parent\nD01,district,栖梧区,\n")

    done = xiaoqi("import", "units", file, "--dry-run")

    assert (done.code, done.out) == (0, "1 rows of units are right\n")
    assert xiaoqi("export", "units", "out.csv").out.startswith("0 rows")


def test_the_sample_comes_out_as_it_went_in(xiaoqi: Xiaoqi) -> None:
    import_the_sample(xiaoqi)

    for kind in EXPORTED:
        first, again = Path(f"{kind}-1.csv"), Path(f"{kind}-2.csv")
        assert xiaoqi("export", kind, first).code == 0
        imported = xiaoqi("import", kind, first)
        assert imported.code == 0, imported.err
        assert xiaoqi("export", kind, again).code == 0
        assert first.read_bytes() == again.read_bytes()
        assert imported.out == f"{rows_of(kind)} rows of {kind} imported\n"


def test_people_are_imported_with_a_code_for_staff_nobody_reaches(xiaoqi: Xiaoqi) -> None:
    for kind in TABLES[: TABLES.index("people")]:
        xiaoqi("import", kind, sample_file(kind))

    done = xiaoqi("import", "people", sample_file("people"))

    codes = [line for line in done.out.splitlines() if "绑定" in line]
    assert len(codes) == 13
    assert any("陈静" in line for line in codes)
    assert not any("李明" in line for line in codes)


def test_people_are_not_exported(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("export", "people", "people.csv")

    assert done.code == 2
    assert "there is no 'people'; one of units" in done.err


def test_work_orders_are_exported_without_names_rooms_and_words(xiaoqi: Xiaoqi) -> None:
    xiaoqi("say", "--sample", "--as", "王秀英", "3栋2单元501楼道灯不亮了，我叫王秀英，13800001111")

    done = xiaoqi("export", "orders", "orders.csv")

    text = Path("orders.csv").read_text(encoding="utf-8-sig")
    assert done.out == "1 rows of orders written to orders.csv\n"
    assert ",0402,N,C01,G01,G01:grid_leader,3," in text
    for private in ("王秀英", "13800001111", "501", "不亮"):
        assert private not in text


def test_all_that_is_kept_about_one_person_is_written_for_a_reason(xiaoqi: Xiaoqi) -> None:
    wanted = ("export", "person", "chen.zip", "--sample", "--of", "P02")

    assert xiaoqi(*wanted).code == 2
    assert xiaoqi(*wanted, "--reason", "curiosity").code == 2
    assert xiaoqi("export", "units", "u.csv", "--of", "P02").code == 2
    done = xiaoqi(*wanted, "--reason", "own_wish")

    assert done.code == 0, done.err
    assert "it is theirs alone" in done.out
    assert zipfile.is_zipfile("chen.zip")


def test_nobody_of_that_name_is_a_failure(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("export", "person", "x.zip", "--sample", "--of", "1", "--reason", "own_wish")

    assert done.code == 1
    assert "nobody we know is '1'" in done.err
    assert not Path("x.zip").exists()


def test_a_file_that_cannot_be_written_is_a_failure(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("export", "units", "no/such/folder/units.csv")

    assert done.code == 1
    assert "No such file" in done.err


@pytest.mark.parametrize("command", ["import", "export"])
def test_a_table_nobody_knows_is_wrong_usage(command: str, xiaoqi: Xiaoqi) -> None:
    done = xiaoqi(command, "dragons", "dragons.csv")

    assert done.code == 2
    assert "there is no 'dragons'; one of units" in done.err


@given(st.text())
def test_no_exported_text_runs_as_a_formula(text: str) -> None:
    assert not safe(text).startswith(RISKY)


@given(st.text(alphabet=st.sampled_from("'=+-@＝＋－＠\ta1 "), max_size=8) | st.text())
def test_what_is_made_safe_is_read_back_as_it_was(text: str) -> None:
    assert unquoted(safe(text)) == text


@pytest.mark.parametrize("formula", ["=1+1", "+86 1", "-2+3", "@SUM(A1)", "＝1", "'=1"])
def test_a_formula_goes_in_and_out_unchanged(formula: str, xiaoqi: Xiaoqi, write: Write) -> None:
    file = write("units.csv", f"code,kind,name,parent\nD01,district,{safe(formula)},\n")

    xiaoqi("import", "units", file)
    xiaoqi("export", "units", "out.csv")

    assert Path("out.csv").read_text(encoding="utf-8-sig").splitlines()[1] == (
        f"D01,district,{safe(formula)},"
    )
    assert xiaoqi("check").code == 1
