"""What operators copy and type is true: units, image, nginx, alarms, and every command shown."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import DRAIN
from bot.commands import application
from bot.settings import ROLES, read_settings
from deploy.runtime import needed
from storage.keyring import Keyring
from tests.channels.web_house import built_house
from tests.town import Town
from web.health import Readiness, health_routes

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *DEPLOY.iterdir()])
TEXTS = [file for file in TEXTS if file.is_file()]
COMMANDS: Any = typer.main.get_command(application)
# In code, a line of a terminal or a unit: `xiaoqi backup FILE`, /opt/xiaoqi/bin/xiaoqi run …
SHOWN = re.compile(r"(?:^|[\s`\"(（：/])xiaoqi ((?:[a-z][a-z-]*)(?: [^`\n#（）()；，。]*)?)")
SPEAKS = re.compile(r"```.*?```|`[^`]*`|^\s*Exec.*$", re.DOTALL | re.MULTILINE)


def shown(file: Path) -> Iterator[str]:
    """Every call of `xiaoqi` that the file shows as code."""
    text = file.read_text(encoding="utf-8")
    spoken = SPEAKS.findall(text) if file.suffix in {".md", ".service", ".timer"} else [text]
    for part in spoken:
        ours = re.sub(r"systemctl [^\n`&]*", "", part.replace("\\\n", " "))
        for found in SHOWN.findall(ours):
            yield found.strip()


def found(words: list[str]) -> Any:
    """The command these words begin with."""
    command: Any = COMMANDS
    for word in words:
        if not hasattr(command, "commands"):
            break
        inner = command.commands.get(word)
        assert inner is not None, f"there is no command {word!r} in {words}"
        command = inner
    return command


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_every_command_that_is_shown_exists_with_its_options(file: Path) -> None:
    for line in shown(file):
        words = re.split(r"\s+", re.sub(r"[\[\]|'\"]", " ", line))
        command = found([word for word in words if not word.startswith("-")])
        known = {option for one in command.params for option in one.opts}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0].rstrip(".,;") in known, f"{file.name}: {line}"


def test_every_command_is_shown_to_operators() -> None:
    text = "\n".join(file.read_text("utf-8") for file in TEXTS)
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in COMMANDS.commands:
        assert f"xiaoqi {name}" in text or f"`{name}" in readme, name
        assert f"`{name}" in readme, name


def unit(file: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(file.read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)
def test_a_unit_runs_as_nobody_special_and_may_write_only_its_state(file: Path) -> None:
    service = unit(file)["Service"]

    assert service["User"] == "xiaoqi"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    key = service["Environment"].partition("=")[2]
    assert Path(key).is_relative_to(f"/var/lib/{service['StateDirectory']}")
    assert shlex.split(service["ExecStart"])[0] == "/opt/xiaoqi/bin/xiaoqi"


@pytest.mark.parametrize("name", ["xiaoqi.service", "xiaoqi@.service"])
def test_a_unit_waits_until_the_service_has_drained(name: str) -> None:
    service = unit(DEPLOY / name)["Service"]

    assert int(service["TimeoutStopSec"]) > DRAIN
    assert service["KillMode"] == "mixed"
    assert service["RestartPreventExitStatus"] == "2"


@pytest.mark.parametrize("name", ["front.env", "back.env"])
def test_the_variables_of_split_roles_are_settings(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            monkeypatch.setenv(key, value.strip("'"))
    settings = read_settings()

    assert settings.roles < ROLES
    assert ("web" in settings.roles) is (settings.server.health_port == 0)


def test_front_and_back_are_all_roles() -> None:
    said = "".join((DEPLOY / name).read_text("utf-8") for name in ("front.env", "back.env"))

    assert set(re.findall(r'"([a-z]+)"', said)) == ROLES


def test_the_image_takes_only_what_is_there() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", lines, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert all((ROOT / source).exists() for source in copied)
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied)
    assert re.search(r"^USER xiaoqi$", lines, re.MULTILINE)
    assert "HEALTHCHECK" in lines
    assert lines.count("--require-hashes") == 2


def test_the_image_gets_what_runs_and_nothing_that_tests() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stanzas = list(needed(lock))
    kept = {re.split(r"[=\[ ]", stanza)[0] for stanza in stanzas}
    wanted = {re.split(r"[\[>=<]", name)[0] for name in project["dependencies"]}

    assert wanted <= kept
    assert not kept & {"pytest", "ruff", "mypy", "playwright", "hypothesis", "hatchling"}
    assert "hatchling" in {stanza.split("=")[0] for stanza in needed(lock, ["hatchling"])}
    assert all("--hash=sha256:" in stanza for stanza in stanzas)


async def test_nginx_hands_live_updates_on_at_once(database_url: str, keyring: Keyring) -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (lives,) = re.findall(r"location ~ (\S+) \{[^}]*proxy_buffering off", text)
    async with built_house(database_url, keyring) as house:
        paths = {route.path for route in house.channel.routes() if isinstance(route, web.RouteDef)}

    streams = {path for path in paths if path.endswith("/events")}
    assert streams
    assert all(re.search(lives, path) for path in streams)
    for hidden in ("/metrics", "/readyz"):
        assert f"location = {hidden} {{ return 404; }}" in text


async def test_every_alarm_asks_for_a_figure_there_is_and_is_explained(town: Town) -> None:
    alarms = (DEPLOY / "alerts.yml").read_text(encoding="utf-8")
    application = web.Application()
    application.add_routes(health_routes(town.database, Readiness()))
    async with TestClient(TestServer(application)) as machine:
        text = await (await machine.get("/metrics")).text()
    told = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    docs = (ROOT / "docs" / "running-it.md").read_text(encoding="utf-8")

    assert set(re.findall(r"xiaoqi_[a-z_]+", alarms)) <= told
    for name in re.findall(r"alert: (\w+)", alarms):
        assert f"`{name}`" in docs
