"""The worker process: runs work that its parent sends, within limits on memory and processor time.

Messages are pickles after their kind and length: work on standard input; progress, results and errors on standard
output. The process ends after an error, and when its input ends, so it doesn't outlive its parent.
"""

import logging
import math
import os
import pickle
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import BinaryIO

from mailsight import settings, tracebacks
from mailsight.errors import MailsightError, TooMuchWork, WorkFailed

# What a message holds. Reporting work gets a function that reports progress, and has no limit on its total time.
WORK, REPORTING_WORK, PROGRESS, RESULT, ERROR = b"W", b"R", b"P", b"A", b"E"
# What this process does if its parent ends before it.
if_abandoned: list[Callable[[], object]] = []
_HEAD = struct.Struct("!cQ")
_log = logging.getLogger(__name__)


def send(stream: BinaryIO, kind: bytes, content: bytes) -> None:
    """Write a message."""
    stream.write(_HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Read a message: its kind and content. Raises `EOFError` if the other process has ended."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    kind, length = _HEAD.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return kind, content


def answer(work: Callable[[], object], max_bytes: int) -> tuple[bytes, bytes]:
    """Do the work. Returns the kind and content of the message with its result, or with the error it raised."""
    try:
        content = pickle.dumps(work())
        if len(content) <= max_bytes:
            return RESULT, content
        error: MailsightError = TooMuchWork(f"The result is larger than {max_bytes // 2**20} MB.")
    except MailsightError as raised:
        error = raised
    except MemoryError:
        error = TooMuchWork("Processing takes more memory than allowed.")
    except RecursionError:
        error = TooMuchWork("The contents are nested too deeply.")
    except Exception:  # noqa: BLE001  # whatever it was, the parent and other work go on
        _log.exception("Work in a worker process failed")
        error = WorkFailed("The contents could not be processed.")
    return ERROR, pickle.dumps(error)


def _limit(memory_bytes: int, nice: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent.
    if hasattr(os, "nice"):
        os.nice(nice)
    try:
        import resource  # not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def _limit_processor_time(seconds: float) -> None:
    """End this process if the next work uses more processor time than allowed, even if its parent has ended."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


def serve(seconds: float, memory_bytes: int, max_bytes: int, nice: int) -> None:
    """Do work until an error or the end of the input."""
    _limit(memory_bytes, nice)
    tracebacks.to_standard_error(settings.from_environment().log_format)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a library prints goes to the log.
    requests = SimpleQueue[tuple[bytes, bytes]]()

    def read() -> None:
        try:
            while True:
                requests.put(receive(sys.stdin.buffer))
        except EOFError:
            for clean_up in if_abandoned:
                clean_up()
            os._exit(0)

    def report(*progress: object) -> None:
        send(output, PROGRESS, pickle.dumps(progress))

    threading.Thread(target=read, daemon=True).start()
    kind = RESULT
    while kind == RESULT:
        wanted, request = requests.get()
        if wanted == WORK:
            _limit_processor_time(seconds)
        kind, content = answer(
            partial(_call, request, report if wanted == REPORTING_WORK else None), max_bytes
        )
        send(output, kind, content)
    os._exit(1)  # without waiting for the thread that reads


def _call(request: bytes, report: Callable[..., None] | None) -> object:
    work = pickle.loads(request)  # noqa: S301  # from the parent
    return work(report) if report else work()
