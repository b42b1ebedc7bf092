"""Every way a row of an operator's table can be wrong is named by file, row, column and reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from bot.import_kinds import Existing
from bot.importing import BadFile, BadRow, read_table
from domain.places import PlaceKind
from domain.units import UnitKind

UNITS = {
    "D01": UnitKind.DISTRICT,
    "S01": UnitKind.STREET,
    "C01": UnitKind.COMMUNITY,
    "G01": UnitKind.GRID,
    "B01": UnitKind.DEPARTMENT,
}
EXISTING = Existing(units=UNITS, places={"E01": PlaceKind.ESTATE, "H01": PlaceKind.BUILDING})

HEADINGS = {
    "units": "code,kind,name,parent",
    "places": "code,kind,name,parent,unit,entrances,latitude,longitude",
    "people": "code,name,phone,roles,channel,account",
    "chats": "channel,chat,kind,title,unit",
    "categories": "code,name_zh,name_en,class,owner,path",
    "deadlines": "class,accept,resolve,warn_at,escalate_every",
    "phones": "key,name,number,unit",
    "holidays": "day,name,working",
    "policies": "code,question,answer,source,updated_on,valid_from,valid_until,unit,"
    "asks,situations",
}
GOOD = {
    "units": "C02,community,第二社区,S01",
    "places": "H02,building,2,E01,G01,3,32.1,118.9",
    "people": "P01,刘建国,138 0000 0000,C01:secretary;G01:grid_leader,web,liu",
    "chats": "telegram,-100123,group,居民群,C01",
    "categories": "0402,照明,Lighting,N,property,",
    "deadlines": "N,2 小时(08-22),7 自然日,50%;80%,5 分钟",
    "phones": "gas,燃气抢修,025-0000-0101,C01",
    "holidays": "2026-10-01,国庆节,false",
    "policies": "p1,居住证怎么办,到窗口。,社区,2026-06-01,,2026-12-31,C01,户籍？,本区=免|外区=办",
}
POLICY = "p1,居住证怎么办,到窗口。,社区,2026-06-01"
BAD = [
    ("policies", "p1,居住证怎么办,,社区,2026-06-01,,,,,", "answer", "is missing"),
    ("policies", "p1,居住证怎么办,到窗口。,,2026-06-01,,,,,", "source", "is missing"),
    ("policies", f"{POLICY},2026-02-30,,,,", "valid_from", "is not a day"),
    ("policies", f"{POLICY},2026-02-01,2026-01-01,,,", "valid_until", "ends before it begins"),
    ("policies", f"{POLICY},,,C09,,", "unit", "there is no unit 'C09'"),
    ("policies", f"{POLICY},,,,,本区=免|外区=办", "situations", "belong together"),
    ("policies", f"{POLICY},,,,户籍？,本区=免", "situations", "nothing to ask"),
    ("policies", f"{POLICY},,,,户籍？,本区免|外区=办", "situations", "is not SITUATION=ANSWER"),
    ("units", "C 2,community,第二社区,S01", "code", "is not a code"),
    ("units", ",community,第二社区,S01", "code", "is missing"),
    ("units", "C02,village,第二社区,S01", "kind", "'village' is not one of district, street"),
    ("units", "C02,community,,S01", "name", "is missing"),
    ("units", "C02,community,第二社区,", "parent", "a community needs a parent"),
    ("units", "C02,community,第二社区,S09", "parent", "there is no unit 'S09'"),
    ("units", "S02,street,第二街道,C01", "parent", "a street cannot lie in a community"),
    ("units", "C02,community,第二\x0b社区,S01", "name", "control character"),
    ("units", f"C02,community,{'区' * 5001},S01", "name", "longer than 5000"),
    ("places", "H02,tower,2,E01,G01,,,", "kind", "is not one of estate, building"),
    ("places", "H02,building,2,,G01,,,", "parent", "a building needs its estate"),
    ("places", "H02,building,2,E09,G01,,,", "parent", "'E09' is not an estate"),
    ("places", "H02,building,2,H01,G01,,,", "parent", "'H01' is not an estate"),
    ("places", "H02,building,2,E01,G09,,,", "unit", "there is no unit 'G09'"),
    ("places", "H02,building,2,E01,,,,", "unit", "is missing"),
    ("places", "H02,building,2,E01,G01,none,,", "entrances", "'none' is not a count"),
    ("places", "H02,building,2,E01,G01,0,,", "entrances", "'0' is not a count"),
    ("places", "H02,building,2,E01,G01,,91,1", "latitude", "between -90 and 90"),
    ("places", "H02,building,2,E01,G01,,north,1", "latitude", "'north' is not a number"),
    ("places", "H02,building,2,E01,G01,,nan,1", "latitude", "'nan' is not a number"),
    ("places", "H02,building,2,E01,G01,,1,181", "longitude", "between -180 and 180"),
    ("places", "H02,building,2,E01,G01,,32,", "latitude", "belong together"),
    ("people", "P01,,,,,", "name", "is missing"),
    ("people", "P01,刘建国,12,,,", "phone", "is not a telephone number"),
    ("people", "P01,刘建国,,secretary,,", "roles", "is not UNIT:ROLE"),
    ("people", "P01,刘建国,,C01:king,,", "roles", "is not UNIT:ROLE"),
    ("people", "P01,刘建国,,C09:secretary,,", "roles", "there is no unit 'C09'"),
    ("people", "P01,刘建国,,C01:grid_leader,,", "roles", "a grid_leader belongs to a grid"),
    ("people", "P01,刘建国,,S01:department,,", "roles", "belongs to a department"),
    ("people", "P01,刘建国,,,web,", "account", "channel and account belong together"),
    ("people", "P01,刘建国,,,,liu", "account", "channel and account belong together"),
    ("chats", "telegram,,group,居民群,C01", "chat", "is missing"),
    ("chats", "telegram,-1,channel,居民群,C01", "kind", "is not one of"),
    ("chats", "telegram,-1,group,居民群,C09", "unit", "there is no unit 'C09'"),
    ("categories", "0402,,Lighting,N,property,", "name_zh", "is missing"),
    ("categories", "0402,照明,Lighting,Z,property,", "class", "'Z' is not one of"),
    ("categories", "0402,照明,Lighting,,property,", "class", "needs a class"),
    ("categories", "0402,照明,Lighting,N,mayor,", "owner", "'mayor' is not one of"),
    ("categories", "13,信访,Petition,X,duty,", "path", "class X needs the lawful path"),
    ("deadlines", "N,soon,7 自然日,,", "accept", "not a budget: 'soon'"),
    ("deadlines", "N,,,,", "resolve", "is missing"),
    ("deadlines", "N,,7 自然日,half,", "warn_at", "is not percentages"),
    ("deadlines", "N,,7 自然日,,2 工作日", "escalate_every", "is not minutes or hours"),
    ("deadlines", "N,,7 自然日,,2 自然日", "escalate_every", "is not minutes or hours"),
    ("phones", "gas,燃气抢修,call us,C01", "number", "is not a telephone number"),
    ("phones", "gas,燃气抢修,95598,C09", "unit", "there is no unit 'C09'"),
    ("holidays", "2026-02-30,春节,false", "day", "is not a day such as 2026-10-01"),
    ("holidays", "国庆,国庆节,false", "day", "is not a day such as"),
    ("holidays", "2026-10-01,国庆节,maybe", "working", "is not one of true, false"),
]
TWICE = {"deadlines": "class", "holidays": "day", "chats": "chat", "phones": "key"}


def problems_of(kind: str, file: Path) -> list[BadRow]:
    with pytest.raises(BadFile) as bad:
        read_table(kind, file, EXISTING)
    return bad.value.problems


def table(folder: Path, kind: str, *rows: str) -> Path:
    file = folder / f"{kind}.csv"
    file.write_text("\n".join([HEADINGS[kind], *rows]), encoding="utf-8")
    return file


@pytest.mark.parametrize(("kind", "row", "column", "reason"), BAD)
def test_a_bad_row_is_named(kind: str, row: str, column: str, reason: str, tmp_path: Path) -> None:
    (problem,) = problems_of(kind, table(tmp_path, kind, row))

    assert (problem.file, problem.row, problem.column) == (f"{kind}.csv", 2, column)
    assert reason in problem.reason


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_row_is_taken(kind: str, tmp_path: Path) -> None:
    assert len(read_table(kind, table(tmp_path, kind, GOOD[kind]), EXISTING)) == 1


@pytest.mark.parametrize("kind", GOOD)
def test_the_same_row_twice_is_one_too_many(kind: str, tmp_path: Path) -> None:
    problems = problems_of(kind, table(tmp_path, kind, GOOD[kind], GOOD[kind]))

    assert {problem.row for problem in problems} == {3}
    assert TWICE.get(kind, "code") in {problem.column for problem in problems}
    assert all("stands in row 2 already" in problem.reason for problem in problems)


def test_every_problem_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    rows = ["C 2,village,,", "C03,community,第三社区,S01", "C04,community,第四社区,S09"]

    problems = problems_of("units", table(tmp_path, "units", *rows))

    places = [(problem.row, problem.column) for problem in problems]
    assert places == [(2, "code"), (2, "kind"), (2, "name"), (4, "parent")]


def test_rows_may_refer_to_earlier_and_later_rows_of_their_file(tmp_path: Path) -> None:
    rows = ["G08,grid,第八网格,C08", "C08,community,第八社区,S01"]

    assert len(read_table("units", table(tmp_path, "units", *rows), EXISTING)) == 2


@pytest.mark.parametrize(
    ("text", "row", "column", "reason"),
    [
        ("code,kind,nam,parent\n", 1, "nam", "no such column; there are code, kind, name"),
        ("code,kind,name,code\n", 1, "code", "stands there twice"),
        ("code,kind\n", 1, "name", "this column is missing"),
        ("code,kind,name\nC02,community,x,S01\n", 2, "", "more cells than headings"),
        ('code,kind,name\n"C02,community,x', 0, "", "is no CSV"),
        ("", 0, "", "is empty"),
        ("\n\n", 0, "", "is empty"),
    ],
)
def test_a_file_of_another_shape_is_named(
    text: str, row: int, column: str, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(text, encoding="utf-8")

    places = {
        (problem.row, problem.column): problem.reason for problem in problems_of("units", file)
    }

    assert reason in places[row, column]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("units.csv", b"\xff\xfe\x00\x81", "is neither UTF-8 nor GB18030 text"),
        ("units.xlsx", b"no workbook", "is no XLSX workbook"),
        ("units.xlsx", b"", "is no XLSX workbook"),
    ],
)
def test_a_file_that_is_no_table_is_named(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(data)

    (problem,) = problems_of("units", file)

    assert reason in str(problem)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of("units", tmp_path / "units.csv")

    assert str(problem) == "units.csv: No such file or directory"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_as_excel_writes_it(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    text = "code,kind,name,parent\r\nC02,community,第二社区,S01\r\n\r\n,,,\r\n"
    file.write_bytes(text.encode(encoding))

    (row,) = read_table("units", file, EXISTING)

    assert row["name"] == "第二社区"


def test_an_xlsx_may_hold_numbers_days_and_truths(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["day", "name", "working"])
    book.active.append([date(2026, 10, 1), "国庆节", False])
    book.active.append([date(2026, 10, 10), "国庆节", True])
    book.save(tmp_path / "holidays.xlsx")
    places = openpyxl.Workbook()
    assert places.active is not None
    places.active.append(HEADINGS["places"].split(","))
    places.active.append(["H02", "building", 2, "E01", "G01", 3.0, 32.1, 118.9])
    places.save(tmp_path / "places.xlsx")

    holidays = read_table("holidays", tmp_path / "holidays.xlsx", EXISTING)
    (place,) = read_table("places", tmp_path / "places.xlsx", EXISTING)

    assert [row["day"] for row in holidays] == [date(2026, 10, 1), date(2026, 10, 10)]
    assert [row["working"] for row in holidays] == [False, True]
    assert (place["name"], place["entrances"], place["latitude"]) == ("2", 3, 32.1)


@pytest.mark.parametrize("written", ["2026-10-01", "2026/10/1", "2026-10-1"])
def test_a_day_is_read_however_a_spreadsheet_shows_it(written: str, tmp_path: Path) -> None:
    (row,) = read_table(
        "holidays", table(tmp_path, "holidays", f"{written},国庆节,false"), EXISTING
    )

    assert row["day"] == date(2026, 10, 1)
