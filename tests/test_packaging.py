"""What is shipped: one wheel that holds exactly the packages and what they read."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built the way a release builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def files_of_the_packages() -> set[str]:
    """Every file under the packages as they stand in the checkout, caches left out."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_their_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert held == files_of_the_packages()


def test_the_wheel_is_named_for_the_version_in_the_code(wheel: Path) -> None:
    assert wheel.name == f"xiaoqi-{bot.__version__}-py3-none-any.whl"


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_no_installed_library_uses_the_name_of_a_package(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"xiaoqi"}


def test_the_command_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    command = [sys.executable, "-m", "bot", "--help"]
    said = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)

    assert said.returncode == 0, said.stderr
    assert "import" in said.stdout
