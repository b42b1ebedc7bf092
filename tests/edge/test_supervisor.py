"""What dies is started again; what is told to stop, or has failed for good, is not."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def supervised(child: str, folder: Path) -> subprocess.Popen[str]:
    """A supervisor of a child process that runs this program in the folder."""
    (folder / "child.py").write_text(textwrap.dedent(child), encoding="utf-8")
    program = (
        "import sys; from bot.supervisor import supervise;"
        "sys.exit(supervise([sys.executable, 'child.py']))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(70)"])
def test_a_child_that_dies_is_started_again(death: str, tmp_path: Path) -> None:
    child = f"""
        import os, pathlib, signal
        lives = pathlib.Path("lives")
        lives.write_text((lives.read_text() if lives.exists() else "") + "x")
        if len(lives.read_text()) < 3:
            {death}
    """

    with supervised(child, tmp_path) as process:
        _, said = process.communicate()

    assert process.returncode == 0
    assert (tmp_path / "lives").read_text() == "xxx"
    assert said.count("the service died") == 2


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_child_that_ends_by_itself_is_not_started_again(code: int, tmp_path: Path) -> None:
    child = f"import sys; open('lives', 'a').write('x'); sys.exit({code})"

    with supervised(child, tmp_path) as process:
        process.communicate()

    assert process.returncode == code
    assert (tmp_path / "lives").read_text() == "x"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_is_handed_on_and_waited_for(
    number: signal.Signals, tmp_path: Path
) -> None:
    child = """
        import os, signal, sys

        def stop(number, frame):
            os.write(1, b"finishing %d\\n" % number)  # print may be under way already
            sys.exit(0)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print("ready", flush=True)
        while True:
            signal.pause()
    """

    with supervised(child, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        said, _ = process.communicate()

    assert said == f"finishing {number.value}\n"
    assert process.returncode == 0


def test_being_told_to_stop_between_two_lives_is_enough(tmp_path: Path) -> None:
    child = "import os; os._exit(70)"

    with supervised(child, tmp_path) as process:
        assert process.stderr is not None
        assert "the service died" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate()

    assert process.returncode == 0


def listened_to(child: str, folder: Path) -> subprocess.Popen[str]:
    """The same with a supervisor that listens to the child's heart, though not for long."""
    (folder / "child.py").write_text(textwrap.dedent(child), encoding="utf-8")
    program = (
        "import sys; from bot.supervisor import supervise;"
        "sys.exit(supervise([sys.executable, 'child.py'], heart='--heart', silent_for=1))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


LIVES = """
    import os, pathlib, sys, time
    from bot.vitals import Heart
    heart = Heart.named(sys.argv[-1])
    lives = pathlib.Path("lives")
    lives.write_text((lives.read_text() if lives.exists() else "") + heart.life[-1])
    heart.beat()
    if lives.read_text() == "12":
        heart.stop()
        sys.exit(0)
"""


@pytest.mark.parametrize("end", ["time.sleep(600)", "sys.exit(0)", "sys.exit(1)"])
def test_whoever_falls_silent_or_leaves_without_a_goodbye_is_started_again(
    end: str, tmp_path: Path
) -> None:
    with listened_to(f"{LIVES}    {end}\n", tmp_path) as process:
        process.communicate()

    assert process.returncode == 0
    assert (tmp_path / "lives").read_text() == "12"
