"""Reads a Dockerfile, and does its steps in a plain folder."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Stage:
    """A stage of a build: its steps in order, as pairs of the instruction and its arguments."""

    image: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        return [text for name, text in self.steps if name == instruction][-1]

    @property
    def environment(self) -> dict[str, str]:
        return dict(word.split("=", 1) for word in shlex.split(self.last("ENV")))

    @property
    def command(self) -> list[str]:
        return list(map(str, json.loads(self.last("CMD"))))

    @property
    def health_check(self) -> list[str]:
        return list(map(str, json.loads(self.last("HEALTHCHECK").partition("CMD")[2])))


def stages(file: Path) -> list[Stage]:
    lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    build: list[Stage] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, text = line.strip().partition(" ")
        if name == "FROM":
            build.append(Stage(text.partition(" ")[0]))
        elif name:
            build[-1].steps.append((name, text.strip()))
    return build


def context(project: Path, ignore_file: Path) -> Iterator[Path]:
    """The files that a build may copy: those that the lines with `!` of the ignore file name."""
    first, *lines = [
        line for line in ignore_file.read_text().splitlines() if line and not line.startswith("#")
    ]
    assert first == "*"
    for line in lines:
        if line.startswith("!"):
            path = project / line[1:]
            yield from (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder in the place of the container's root, and another with the files that the build may copy."""

    root: Path
    project: Path
    files: Sequence[Path]

    def inside(self, text: str) -> str:
        """A text in which absolute paths are in the folder."""
        return re.sub(r"(?<![\w./])/(?=(?:opt|src|data|tmp)\b)", f"{self.root}/", text)

    def build(self, stage: Stage) -> None:
        """Do what a stage does, except that installed packages are borrowed from this environment."""
        folder = self.root
        for name, text in stage.steps:
            if name == "WORKDIR":
                folder = Path(self.inside(text))
                folder.mkdir(parents=True, exist_ok=True)
            elif name == "COPY" and not text.startswith("--from"):
                source, target = text.split()
                self._copy(source, folder / self.inside(target))
            elif name == "RUN" and "--require-hashes" in text:
                self._borrow(text)
            elif name == "RUN" and "apt-get" not in text:
                self._run(text, folder)

    def _copy(self, source: str, target: Path) -> None:
        wanted = self.project if source == "." else self.project / source
        chosen = [file for file in self.files if file == wanted or wanted in file.parents]
        assert chosen, f"{source} is not in the context of the build"
        for file in chosen:
            place = target / (file.relative_to(self.project) if source == "." else file.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)

    def _borrow(self, text: str) -> None:
        """Stands in for downloading everything."""
        pip = re.search(r"\S+/bin/pip", self.inside(text))
        assert pip
        folder = str(Path(pip[0]).parents[1])
        own = sysconfig.get_path("purelib", "venv", vars={"base": folder})
        Path(own, "borrowed.pth").write_text(sysconfig.get_path("purelib"))

    def _run(self, text: str, folder: Path) -> None:
        program, *arguments = shlex.split(self.inside(text))
        if arguments[:2] == ["-m", "venv"]:  # without a pip of its own, which takes long
            command = [sys.executable, "-m", "venv", "--without-pip", *arguments[2:]]
        elif program.endswith("/bin/pip"):
            python = program.removesuffix("pip") + "python"
            more = ["--quiet", "--no-build-isolation", "--no-index"]
            command = [sys.executable, "-m", "pip", "--python", python, *arguments, *more]
        else:
            command = [program, *arguments]
        subprocess.run(command, check=True, cwd=folder)

    def confined(self, *writable: str) -> list[str]:
        """A command that runs its arguments where only these folders can be written to; empty if that takes rights."""
        unshare = shutil.which("unshare")
        if not unshare or subprocess.run([unshare, "--mount", "true"], check=False).returncode:
            return []
        folders = [shlex.quote(str(self.root / name)) for name in writable]
        binds = "; ".join(f"mount --bind {folder} {folder}" for folder in folders)
        script = f'set -e; {binds}; mount -o remount,bind,ro /; exec "$@"'
        return [unshare, "--mount", "--propagation=private", "sh", "-c", script, "sh"]

    def environment(self, stage: Stage) -> dict[str, str]:
        variables = {name: self.inside(value) for name, value in stage.environment.items()}
        variables["PATH"] = variables["PATH"].replace("$PATH", os.environ.get("PATH", ""))
        return variables | {"TMPDIR": str(self.root / "tmp"), "LANG": "C.UTF-8"}
