"""`xiaoqi export record_book`: the record book of a branch and year, as the chat gives it."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import openpyxl
import pytest

from storage.keyring import Keyring
from tests.edge.conftest import Xiaoqi
from tests.town import built_town

BOOK = ("export", "record_book")
OF = ("--of", "C01", "--year", "2026")


@pytest.fixture
def held(database_url: str, tmp_path: Path, xiaoqi: Xiaoqi) -> Xiaoqi:
    """On a database in which an activity took place."""

    async def live() -> None:
        keyring = Keyring.from_file(tmp_path / "test.key", create=True)
        async with built_town(database_url, keyring) as town:
            await town.says("刘书记", "这周六上午九点主题党日 去雷锋驿站 通知一下")
            await town.press("刘书记", "发布")
            await town.press("孙强", "请假")
            await town.says("孙强", "=1+1 出差")
            await town.pass_time(days=5)
            await town.says("刘书记", "会议记录 学习讨论，通过决议")

    asyncio.run(live())
    return xiaoqi


def test_it_is_written_as_a_spreadsheet(held: Xiaoqi, tmp_path: Path) -> None:
    done = held(*BOOK, "book.xlsx", *OF)

    assert done.code == 0
    assert "1 activities of 梧桐社区党支部 2026 written to book.xlsx" in done.out
    file = tmp_path / "book.xlsx"
    assert file.stat().st_mode & 0o077 == 0
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert sheet["A1"].value == "梧桐社区党支部 2026 年活动台账"
    row = [cell.value for cell in sheet[3]]
    assert row[:4] == ["主题党日", "主题党日", "2026-06-13 09:00", "雷锋驿站"]
    assert "孙强（=1+1 出差）" in str(row)


def test_it_is_written_as_a_document_that_names_the_kind_once(
    held: Xiaoqi, tmp_path: Path
) -> None:
    assert held(*BOOK, "book.docx", *OF).code == 0

    with zipfile.ZipFile(tmp_path / "book.docx") as packed:
        text = packed.read("word/document.xml").decode()
    assert "通过决议" in text
    assert "主题党日 主题党日" not in text


def test_a_branch_may_be_named_and_a_year_without_activities_is_empty(held: Xiaoqi) -> None:
    done = held(*BOOK, "book.xlsx", "--of", "梧桐社区党支部", "--year", "2025")

    assert done.code == 0
    assert "0 activities" in done.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("book.xlsx",), "needs --of BRANCH"),
        (("book.pdf", *OF), "a file in .xlsx or .docx"),
        (("book.xlsx", "--of", "火星支部"), "known: C01 梧桐社区党支部"),
        (("book.xlsx", "--of", "C01", "--year", "26"), "--year 26: not from 2000"),
        (("book.xlsx", *OF, "--reason", "own_wish"), "--reason belongs to"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    arguments: tuple[str, ...], why: str, xiaoqi: Xiaoqi
) -> None:
    done = xiaoqi(*BOOK, *arguments, "--sample")

    assert done.code == 2
    assert why in done.err


def test_a_year_belongs_to_a_record_book(xiaoqi: Xiaoqi) -> None:
    assert xiaoqi("export", "units", "units.csv", "--year", "2026").code == 2
