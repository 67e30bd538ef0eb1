"""The setup finds Pythons that really run, builds each environment once, and never leaves half of one."""

import hashlib
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from privacy.settings import ROOT
from tools import environments, interpreters, locks, model
from tools.environments import STAMP, Environment
from tools.failure import SetupFailed
from tools.interpreters import Interpreter

HERE = (sys.version_info.major, sys.version_info.minor)


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


class TestFindingPythons:
    def test_a_shim_that_fails_is_passed_over(self, tmp_path: Path) -> None:
        name = f"python{HERE[0]}.{HERE[1]}"
        program(
            tmp_path / "shims" / name,
            f"#!/bin/sh\necho 'pyenv: {name}: command not found' >&2\nexit 127\n",
        )
        real = tmp_path / "pyenv" / "versions" / f"{HERE[0]}.{HERE[1]}.1" / "bin" / name
        real.parent.mkdir(parents=True)
        real.symlink_to(sys.executable)
        found = interpreters.find(
            [HERE],
            "VERA_PYTHON",
            {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")},
            tmp_path,
        )
        assert found is not None and found.version[:2] == HERE
        assert "shims" not in str(found.path)

    def test_a_name_that_lies_about_its_version_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "python9.9").symlink_to(sys.executable)
        assert interpreters.find([(9, 9)], "VERA_PYTHON", {"PATH": str(tmp_path)}, tmp_path) is None

    def test_the_line_for_a_machine_without_it(self) -> None:
        line = str(interpreters.missing(interpreters.RASA_VERSIONS, "VERA_RASA_PYTHON", "Rasa 3.6"))
        assert line.startswith("Python 3.10 was not found, and Rasa 3.6 needs it: install it")
        assert "VERA_RASA_PYTHON" in line and "\n" not in line

    def test_a_person_s_own_choice_that_does_not_do(self, tmp_path: Path) -> None:
        with pytest.raises(SetupFailed, match=r"VERA_RASA_PYTHON=.* is not a working Python 3\.10"):
            interpreters.find(
                [(3, 10)],
                "VERA_RASA_PYTHON",
                {"VERA_RASA_PYTHON": str(tmp_path / "none")},
                tmp_path,
            )

    def test_the_newest_patch_release_comes_first(self, tmp_path: Path) -> None:
        for patch in ("9", "13", "2"):
            program(tmp_path / "versions" / f"3.10.{patch}" / "bin" / "python3.10", "")
        found = interpreters.candidates(
            (3, 10), {"PYENV_ROOT": str(tmp_path), "HOME": str(tmp_path)}, tmp_path / "own"
        )
        pyenvs = [
            path.parent.parent.name
            for path in found
            if "versions" in path.parts and tmp_path in path.parents
        ]
        assert pyenvs == ["3.10.13", "3.10.9", "3.10.2"]


class TestBuildingEnvironments:
    @pytest.fixture
    def uv(self, tmp_path: Path) -> Path:
        """Stands in for uv: `venv` makes the folder, `pip sync` fails where the lock says so."""
        return program(
            tmp_path / "uv",
            "#!/bin/sh\n"
            'for last; do :; done\necho "$1 $2" >> "$(dirname "$0")/calls"\n'
            f'if [ "$1" = venv ]; then mkdir -p "$last/bin" "$last/lib/python3.12/site-packages"; ln -s {sys.executable} "$last/bin/python"\n'
            'elif grep -q broken "$last"; then echo "no matching hash" >&2; exit 1; fi\n',
        )

    @pytest.fixture
    def environment(self, tmp_path: Path) -> Environment:
        (tmp_path / "some.lock").write_text("six==1 --hash=sha256:00\n")
        return Environment(tmp_path / "env", (tmp_path / "some.lock",), tmp_path)

    @pytest.fixture
    def python(self) -> Interpreter:
        return Interpreter(Path(sys.executable), (*HERE, 0))

    def test_built_once_and_again_when_a_lock_changes(
        self, environment: Environment, uv: Path, python: Interpreter
    ) -> None:
        assert not environment.is_ready()
        environment.build(uv, python)
        assert environment.is_ready()
        environment.locks[0].write_text("six==2 --hash=sha256:00\n")
        assert not environment.is_ready()
        environment.build(uv, python)
        assert environment.is_ready()
        assert (uv.parent / "calls").read_text().split("\n")[:-1] == [
            "venv --quiet",
            "pip sync",
            "pip sync",
        ]

    def test_one_that_was_cut_off_is_not_ready_and_is_built_from_nothing(
        self, environment: Environment, uv: Path, python: Interpreter
    ) -> None:
        environment.build(uv, python)
        environment.locks[0].write_text("broken\n")
        with pytest.raises(SetupFailed, match="no matching hash"):
            environment.build(uv, python)
        assert not environment.is_ready()
        assert not (environment.folder / STAMP).exists()
        (environment.folder / "half-made").write_text("")
        environment.locks[0].write_text("six==2 --hash=sha256:00\n")
        environment.build(uv, python)
        assert environment.is_ready() and not (environment.folder / "half-made").exists()

    def test_not_ready_once_its_python_or_its_place_is_gone(
        self, environment: Environment, uv: Path, python: Interpreter
    ) -> None:
        environment.build(uv, python)
        moved = Environment(environment.folder, environment.locks, environment.root / "elsewhere")
        assert not moved.is_ready()
        stamp = environment.folder / STAMP
        stamp.write_text(stamp.read_text().replace(sys.executable, "/no/such/python"))
        assert not environment.is_ready()

    def test_the_house_is_importable_from_it(
        self, environment: Environment, uv: Path, python: Interpreter
    ) -> None:
        environment.build(uv, python)
        [path] = environment.folder.glob("lib/python3.*/site-packages/vera_house.pth")
        assert path.read_text().strip() == str(environment.root)

    def test_a_command_of_the_house_lies_beside_its_python(
        self, environment: Environment, uv: Path, python: Interpreter
    ) -> None:
        with_command = replace(environment, program="vera=command.cli:main")
        with_command.build(uv, python)
        vera = environment.folder / "bin" / "vera"
        assert os.access(vera, os.X_OK)
        assert vera.read_text().splitlines()[0] == f"#!{environment.python}"


class TestTheModel:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for name in (
            "config.yml",
            "domain.yml",
            "data/access/nlu.yml",
            "bot/nlu/encoder.py",
            "bot/requirements.lock",
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("x")
        (tmp_path / "models").mkdir()
        return tmp_path

    @pytest.mark.parametrize(
        "name",
        [
            "config.yml",
            "domain.yml",
            "data/access/nlu.yml",
            "data/new.yml",
            "bot/nlu/encoder.py",
            "bot/requirements.lock",
        ],
    )
    def test_another_model_for_other_inputs(self, root: Path, name: str) -> None:
        before = model.path_of(root)
        assert model.path_of(root) == before
        (root / name).write_text("y")
        assert model.path_of(root) != before

    def test_what_does_not_matter_does_not_change_it(self, root: Path) -> None:
        before = model.path_of(root)
        for name in ("README.md", "bot/.venv/lib/x.py", "bot/__pycache__/x.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("y")
        assert model.path_of(root) == before

    def test_a_training_that_fails_leaves_no_model_and_says_why(self, root: Path) -> None:
        python = program(root / "python", "#!/bin/sh\necho 'the domain is empty'\nexit 1\n")
        with pytest.raises(SetupFailed, match="the domain is empty"):
            model.train(root, python, model.path_of(root))
        assert [path.name for path in (root / "models").iterdir()] == ["training.log"]

    def test_a_training_leaves_the_newest_model_alone_and_the_config_as_it_was(
        self, root: Path
    ) -> None:
        python = program(
            root / "python",
            "#!/bin/sh\n"
            'while [ $# -gt 0 ]; do case "$1" in --out) out="$2";; --config) echo assistant_id: x >> "$2";; esac; shift; done\n'
            'echo trained > "$out/model.tar.gz"\n',
        )
        (root / "models" / "vera-0000.tar.gz").write_text("old")
        wanted = model.path_of(root)
        model.train(root, python, wanted)
        model.keep_only(wanted)
        assert sorted(path.name for path in (root / "models").iterdir()) == [
            "training.log",
            wanted.name,
        ]
        assert (root / "config.yml").read_text() == "x"


def test_two_setups_wait_for_each_other(tmp_path: Path) -> None:
    code = (
        "import sys,time,pathlib\nfrom tools.turn import one_at_a_time\n"
        "with one_at_a_time(pathlib.Path(sys.argv[1])):\n print('in', flush=True); time.sleep(0.3); print('out', flush=True)\n"
    )
    with (tmp_path / "said").open("a") as said:  # two write to it: each at its end
        both = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(tmp_path / "lock")],
                cwd=ROOT,
                stdout=said,
                env={**os.environ},
            )
            for _ in range(2)
        ]
        assert [process.wait(20) for process in both] == [0, 0]
    lines = [line for line in (tmp_path / "said").read_text().splitlines() if line in ("in", "out")]
    assert lines == ["in", "out", "in", "out"]
    assert "waiting for it" in (tmp_path / "said").read_text()


def test_uv_is_taken_from_the_project_s_own_folder(tmp_path: Path) -> None:
    lock = tmp_path / "tools.lock"
    lock.write_text("uv==0\n")
    uv = program(tmp_path / "uv" / "bin" / "uv", "#!/bin/sh\n")
    (tmp_path / "uv" / STAMP).write_text(
        hashlib.sha256(f"{tmp_path}\0".encode() + lock.read_bytes()).hexdigest()
    )
    assert environments.ready_uv(tmp_path / "uv", lock, tmp_path) == uv


@pytest.mark.parametrize("lock", sorted(f"{name}.lock" for name, _ in locks.LOCKS))
class TestLocks:
    def test_names_no_address(self, lock: str) -> None:
        assert locks.addresses_in(ROOT / lock) == []

    def test_pins_every_package_with_hashes(self, lock: str) -> None:
        text = (ROOT / lock).read_text()
        blocks = [
            block
            for block in text.replace("\\\n", " ").splitlines()
            if block and not block.startswith("#")
        ]
        assert blocks
        for block in blocks:
            assert "==" in block.split()[0] and "--hash=sha256:" in block, block.split()[0]

    def test_is_in_step_with_what_was_asked_for(self, lock: str) -> None:
        asked = (ROOT / lock).with_suffix(".in").read_text().splitlines()
        pinned = {
            line.split("==")[0].lower()
            for line in (ROOT / lock).read_text().splitlines()
            if "==" in line
        }
        for line in asked:
            if line and not line.startswith(("#", "-")):
                name = re.split(r"[\[=<>~! ]", line)[0].lower().replace("_", "-")
                assert name in pinned, f"{name} is asked for but not locked: run `make lock`"
