"""Settings problems are reported all at once, by name, and never with a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.settings import ROLES, SettingsProblem, read_settings
from domain.broadcast_rules import BroadcastRules
from tests.edge.conftest import Xiaoqi

Write = Callable[[str, str], Path]
SECRET = "do-not-show-me"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("DATABASE__URL", "mysql://somewhere", "database.url"),
        ("DATABASE__URLL", "sqlite:///x.db", "database.urll"),
        ("DATABSE__URL", "sqlite:///x.db", "databse"),
        ("SERVER__PORT", "many", "server.port"),
        ("SERVER__PORT", "65536", "server.port"),
        ("COMMUNITY__TIME_ZONE", "Mars/Olympus", "community.time_zone"),
        ("LOG__LEVEL", "loud", "log.level"),
        ("INTAKE__QUIET", "-1", "intake.quiet"),
        ("INTAKE__WORKERS", "0", "intake.workers"),
        ("NOTICES__ALONE_PEOPLE", "-1", "notices.alone_people"),
        ("NOTICES__OPENS", "early", "notices.opens"),
        ("NOTICES__CLOSES", "06:00", "notices"),
        ("NOTICES__DIGEST", "23:30", "notices"),
        ("NOTICES__LONGEST", "9999", "notices.longest"),
        ("ROLES", '["web", "dance"]', "roles"),
        ("ROLES", "[]", "roles"),
        ("SAMPLE", "perhaps", "sample"),
        ("TELEGRAM__MODE", "pigeon", "telegram.mode"),
        ("TELEGRAM__TOKEN", "a token with spaces", "telegram.token"),
        ("TELEGRAM__API_URL", "ftp://somewhere", "telegram.api_url"),
        ("TELEGRAM__SECRET", "a secret with spaces", "telegram.secret"),
        ("TELEGRAM__TOKENS", "123:abc", "telegram.tokens"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    name: str, value: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"XIAOQI_{name}", value)

    with pytest.raises(SettingsProblem) as wrong:
        read_settings()

    (problem,) = wrong.value.problems
    assert problem.startswith(f"{key}: ")
    assert len(value) < 4 or value not in problem


def test_all_problems_are_reported_at_once(
    xiaoqi: Xiaoqi, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    write("xiaoqi.toml", f'[server]\nport = "many"\n[telegram]\ntoken = "{SECRET} !"\n')
    monkeypatch.setenv("XIAOQI_LOG__LEVEL", "loud")
    monkeypatch.setenv("XIAOQI_DATABSE__URL", "sqlite:///x.db")

    done = xiaoqi("check")

    assert done.code == 2
    for key in ("server.port", "telegram.token", "log.level", "databse"):
        assert f"settings: {key}: " in done.err
    assert SECRET not in done.err + done.out


def test_the_environment_goes_before_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("xiaoqi.toml", '[server]\nport = 1234\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("XIAOQI_SERVER__PORT", "4321")

    settings = read_settings()

    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 4321)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match=r"nowhere\.toml: no such file"):
        read_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("text", ["[server", "port = ", "\x00"])
def test_a_file_that_is_no_toml_is_named(text: str, write: Write) -> None:
    with pytest.raises(SettingsProblem, match=r"other\.toml: "):
        read_settings(write("other.toml", text))


def test_an_unknown_section_of_the_file_is_named(write: Write) -> None:
    with pytest.raises(SettingsProblem, match="sever: "):
        read_settings(write("other.toml", "[sever]\nport = 1\n"))


def test_the_numbers_of_notices_may_be_chosen(write: Write) -> None:
    text = '[notices]\nalone_people = 20\nopens = "08:30"\ncloses = 21:00:00\nundo = 60\n'

    rules = read_settings(write("other.toml", text)).notices.rules

    assert (rules.alone_people, rules.alone_groups) == (20, 50)
    assert (rules.opens, rules.closes) == (time(8, 30), time(21))
    assert rules.undo == timedelta(minutes=1)
    assert read_settings().notices.rules == BroadcastRules()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOQI_TELEGRAM__TOKEN", "123456:secret-token")
    monkeypatch.setenv("XIAOQI_TELEGRAM__SECRET", "secret-word")

    shown = repr(read_settings())

    assert "secret-token" not in shown
    assert "secret-word" not in shown


def test_without_anything_set_one_process_does_everything() -> None:
    settings = read_settings()

    assert settings.roles == ROLES
    assert settings.database.url == "sqlite:///var/xiaoqi.db"
    assert not settings.sample
