"""The copy of a spool misses no request, whatever a server does to its files meanwhile."""

import random
from pathlib import Path

import pytest

from mailsight.backups import making
from mailsight.loading import segments
from mailsight.loading.spool import Spool
from mailsight.warehouse import files
from tests.support.examples import thorough


class Server:
    """Receives, loads, halves, sets aside and puts back requests at random. Each request is a number."""

    def __init__(self, waiting: Spool, seed: int) -> None:
        self.waiting = waiting
        self.chance = random.Random(seed)
        self.received: list[int] = []
        self.loaded: set[int] = set()

    def receive(self, requests: int) -> None:
        for _ in range(requests):
            self.received.append(len(self.received))
            self.waiting.append("sendgrid", str(self.received[-1]))

    def work(self) -> None:
        for _ in range(self.chance.randint(0, 3)):
            step = self.chance.choice(
                [self.load, self.halve, self.set_aside, self.put_back, self.receive_some]
            )
            step()

    def load(self) -> None:
        for segment in self.some():
            self.loaded |= numbers(segment)
            self.waiting.remove([segment])

    def halve(self) -> None:
        for segment in self.some():
            segments._split(self.waiting, segment)  # noqa: SLF001

    def set_aside(self) -> None:
        for segment in self.some()[:1]:
            self.waiting.set_aside(segment, "odd")

    def put_back(self) -> None:
        self.waiting.put_back()

    def receive_some(self) -> None:
        self.receive(self.chance.randint(1, 3))

    def some(self) -> list[Path]:
        return [segment for segment in self.waiting.seal() if self.chance.random() < 0.5]


def numbers(file: Path) -> set[int]:
    return {int(line.partition('"body": "')[2].partition('"')[0]) for line in file.read_text().splitlines()}


@pytest.mark.parametrize("seed", [*range(15), *thorough(range(15, 300))])
def test_every_request_is_copied_or_loaded(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(Spool(tmp_path / "mailsight.spool"), seed)
    for _ in range(3):
        server.receive(server.chance.randint(1, 6))
        server.work()
        server.waiting.seal()
    acknowledged = set(server.received)

    def copy_file(source: Path, target: Path) -> None:
        server.work()
        files.copy_file(source, target)
        server.work()

    monkeypatch.setattr(making, "copy_file", copy_file)
    making._copy_spool(server.waiting, tmp_path / "copy")  # noqa: SLF001
    copied = {number for file in (tmp_path / "copy").rglob("*.ndjson") for number in numbers(file)}
    # What is loaded by now is in the generation that is copied next.
    assert acknowledged <= copied | server.loaded
