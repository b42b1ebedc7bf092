"""Every command, what it prints and how it ends: 0 done, 1 the work failed, 2 wrong usage."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.conftest import Xiaoqi

Write = Callable[[str, str], Path]

TWO_PROBLEMS = "3栋2单元楼道灯不亮了还有垃圾两天没人收"


def test_say_answers_one_message(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("say", "--sample", TWO_PROBLEMS)

    assert done.code == 0
    assert "照明" in done.out
    assert "垃圾清运" in done.out


def test_a_chat_in_the_terminal_goes_on_until_the_input_ends(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("say", "--sample", said=f"{TWO_PROBLEMS}\n查进度\n")

    assert done.code == 0
    assert "您有 2 件" in done.out


def test_an_unfinished_sentence_is_answered_too(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("say", "--sample", "那个")

    assert done.code == 0
    assert done.out.strip()


def test_read_prints_the_reading_as_json(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("read", "--sample", TWO_PROBLEMS)

    assert [problem["category"] for problem in done.json["problems"]] == ["0402", "0301"]


def test_read_knows_staff_commands_only_from_staff(xiaoqi: Xiaoqi) -> None:
    as_resident = xiaoqi("read", "--sample", "退单 不归我们管").json["intent"]
    as_staff = xiaoqi("read", "--sample", "--staff", "退单 不归我们管").json["intent"]

    assert as_resident != "return_order"
    assert as_staff == "return_order"


def test_answers_are_looked_for_where_something_may_be_asked(xiaoqi: Xiaoqi) -> None:
    def found(text: str) -> list[str]:
        return [one["code"] for one in xiaoqi("read", "--sample", text).json["policies"]]

    assert found("3栋2单元电梯坏了，居住证也掉了") == []
    assert found("居住证怎么办") != []
    assert found("居住证") != []


def test_replay_answers_a_log_and_touches_nothing(xiaoqi: Xiaoqi, write: Write) -> None:
    lines = [
        {"account": "wang", "text": TWO_PROBLEMS},
        {"account": "li", "text": "今天天气不错", "group": "C01"},
        {"account": "wang", "text": "查进度"},
    ]
    log = write("log.jsonl", "\n\n".join(json.dumps(line) for line in lines))

    done = xiaoqi("replay", log)

    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["line"] for answer in answers] == [1, 3, 5]
    assert answers[1]["answers"] == []
    assert "您有 2 件" in answers[2]["answers"][0]["text"]
    assert xiaoqi("export", "orders", "orders.csv").out.startswith("0 rows")


@pytest.mark.parametrize("line", ["no json", "[]", '{"account": "wang"}', "3"])
def test_a_line_that_cannot_be_replayed_is_named(line: str, xiaoqi: Xiaoqi, write: Write) -> None:
    done = xiaoqi("replay", write("log.jsonl", f'{{"account": "w", "text": "你好"}}\n{line}\n'))

    assert done.code == 1
    assert "log.jsonl, line 2: needs an object with account and text" in done.err


def test_migrate_may_be_run_again(xiaoqi: Xiaoqi) -> None:
    for _ in range(2):
        done = xiaoqi("migrate")
        assert (done.code, done.out) == (0, "the schema is the newest\n")


@pytest.mark.parametrize("command", ["check", "migrate"])
def test_a_file_that_is_no_database_is_a_failure(
    command: str, xiaoqi: Xiaoqi, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("notes.db", "these are notes, not tables" * 100)
    monkeypatch.setenv("XIAOQI_DATABASE__URL", f"sqlite:///{file}")

    done = xiaoqi(command)

    assert done.code == 1
    assert "file is not a database" in done.out + done.err


def test_a_database_that_does_not_answer_is_a_failure(
    xiaoqi: Xiaoqi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOQI_DATABASE__URL", "postgresql://who:secret@127.0.0.1:1/x")

    done = xiaoqi("check")

    assert done.code == 1
    assert "connection" in done.out
    assert "secret" not in done.err + done.out


def test_a_key_that_is_none_is_a_failure(xiaoqi: Xiaoqi, write: Write) -> None:
    write("test.key", "?")

    done = xiaoqi("check")

    assert done.code == 1
    assert "test.key" in done.out


def test_a_database_is_not_opened_without_its_key(xiaoqi: Xiaoqi) -> None:
    xiaoqi("check", "--sample")
    Path("test.key").rename("other.key")

    lost = xiaoqi("say", "--sample", "你好")
    is_made = Path("test.key").exists()
    Path("test.key").write_text(base64.b64encode(bytes(32)).decode(), encoding="ascii")
    wrong = xiaoqi("say", "--sample", "你好")
    Path("other.key").replace("test.key")

    assert (lost.code, wrong.code) == (1, 1)
    assert "test.key: the key that this database was sealed under is missing" in lost.err
    assert not is_made
    assert "test.key: the key that this database was sealed under is another one" in wrong.err
    assert xiaoqi("say", "--sample", "你好").code == 0


def test_the_folder_of_a_new_database_is_made(
    xiaoqi: Xiaoqi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XIAOQI_DATABASE__URL")
    monkeypatch.delenv("XIAOQI_SECURITY__KEY_FILE")

    assert xiaoqi("check").code == 1

    assert (tmp_path / "var" / "xiaoqi.db").is_file()
    assert (tmp_path / "var" / "xiaoqi.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["run", "--fast"],
        ["import", "units"],
        ["bench", "everything"],
        ["run", "--roles", "web,dance"],
        ["say", "--config", "nowhere.toml", "你好"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], xiaoqi: Xiaoqi) -> None:
    done = xiaoqi(*arguments)

    assert done.code == 2
    assert done.err


def test_the_module_is_the_command(tmp_path: Path) -> None:
    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *arguments]
        root = Path(__file__).parents[2]
        url = f"sqlite:///{tmp_path}/a/b.db"
        environment = {
            "PYTHONPATH": str(root),
            "XIAOQI_DATABASE__URL": url,
            "XIAOQI_SECURITY__KEY_FILE": str(tmp_path / "key"),
        }
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    (tmp_path / "units.csv").write_text("code,kind,name\nC01,castle,x\n", encoding="utf-8")

    assert python("migrate").returncode == 0
    assert "照明" in python("say", "--sample", TWO_PROBLEMS).stdout
    assert python("import", "units", "units.csv").returncode == 1
    assert python("import").returncode == 2
