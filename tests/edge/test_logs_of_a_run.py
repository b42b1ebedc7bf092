"""A real process logging everything: every line is one event, and nothing in it is anybody's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.test_run import ROOT, Home, page_of, says, supervised, until_logged, until_said

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
NAME, PHONE, ID_CARD = "欧阳金雀", "13912345678", "110101199003071234"
COOKIE = "cookie-of-a-canary-0123456789"
SECRETS = (TOKEN, TOKEN[10:], NAME, PHONE, ID_CARD, COOKIE, "9123室", json.dumps(NAME)[1:-1])


@pytest.fixture
def home(empty_database_url: str, tmp_path: Path) -> Home:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Home(url=empty_database_url, folder=tmp_path, port=free.getsockname()[1])


@pytest.fixture
def talkative(home: Home) -> Iterator[Home]:
    """The service in full words, with a Telegram that nobody answers for."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = nobody.getsockname()[1]
    variables = {
        **{name: value for name, value in os.environ.items() if "XIAOQI" not in name},
        "PYTHONPATH": str(ROOT),
        "XIAOQI_DATABASE__URL": home.url,
        "XIAOQI_SECURITY__KEY_FILE": str(home.folder / "key"),
        "XIAOQI_SERVER__PORT": str(home.port),
        "XIAOQI_LOG__LEVEL": "debug",
        "XIAOQI_TELEGRAM__TOKEN": TOKEN,
        "XIAOQI_TELEGRAM__API_URL": f"http://127.0.0.1:{closed}",
    }
    with (home.folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--sample"],
            cwd=home.folder,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield home
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def test_every_line_of_a_run_is_an_event_that_tells_nothing(talkative: Home) -> None:
    words = f"3栋2单元9123室漏水了，我叫{NAME}，电话{PHONE}，身份证{ID_CARD}"
    shown = []
    async with page_of(talkative) as page:
        assert await says(page, f"key-{PHONE}\x1b[31m", words) in (200, 400)
        assert await says(page, "message-1", words) == 200
        await until_said(page, "resident/me", "登记")
        for path in ("/nowhere", f"/sample/{PHONE}/messages", "/metrics", "/healthz"):
            async with page.get(path, headers={"Cookie": f"visitor={COOKIE}"}) as answer:
                shown.append(await answer.text())
        async with page.post(f"/sample/resident/messages?name={NAME}", data=words) as answer:
            shown.append(await answer.text())
        for child in supervised(talkative):
            os.kill(child, signal.SIGKILL)
        await until_logged(talkative, "the service died")
    async with page_of(talkative) as page:
        await until_said(page, "resident/me", "登记")

    lines = talkative.log().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert {"service started", "message accepted", "message handled"} <= set(events)
    assert [one for one in SECRETS if one in talkative.log() or one in "".join(shown)] == []
