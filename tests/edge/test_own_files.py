"""What a community lays over ours is used, and a bad file stops the start with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.conftest import Xiaoqi
from tests.edge.test_invite import code_in


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own" / "notices"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XIAOQI_COMMUNITY__FOLDER", str(tmp_path / "own"))
    return folder


@pytest.mark.parametrize("command", [("say", "--sample", "你好"), ("check", "--sample")])
def test_a_bad_template_is_named(command: tuple[str, ...], notices: Path, xiaoqi: Xiaoqi) -> None:
    (notices / "water.toml").write_text('[template.water]\ntext = "{wo}"\n', encoding="utf-8")

    done = xiaoqi(*command)

    assert done.code == 2
    named = "settings: community.folder: water.toml: template.water: "
    assert f"{named}text has a gap {{wo}}" in done.err


def test_a_bad_phrase_is_named(notices: Path, xiaoqi: Xiaoqi) -> None:
    phrases = notices.parent / "phrases"
    phrases.mkdir()
    (phrases / "own.toml").write_text('[report]\nnothing = "x"\n', encoding="utf-8")

    done = xiaoqi("check", "--sample")

    assert done.code == 2
    assert "settings: community.folder: phrase 'report.nothing'" in done.err


def test_an_own_template_is_used(notices: Path, xiaoqi: Xiaoqi) -> None:
    text = '[template.zongzi]\nname = "包粽子"\ntext = "{when}包粽子。"\n'
    text += 'fields = {when = "时间"}\n'
    (notices / "zongzi.toml").write_text(text, encoding="utf-8")

    code = code_in(xiaoqi("invite", "周书记", "C01:secretary", "--sample").out)
    xiaoqi("say", "--sample", "--as", "zhou", f"绑定 {code}")
    done = xiaoqi("say", "--sample", "--as", "zhou", "发通知 包粽子 时间：周六\n发给：全社区的群")

    assert done.code == 0
    assert "周六包粽子。" in done.out
