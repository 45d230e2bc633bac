"""Long answers that many short questions are about: found once, kept while there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class Kept:
    """Arrays by the question that they answer; those that nobody asked for lately make room. For all threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Future[Numbers]] = OrderedDict()

    def get(self, question: Hashable, find: Callable[[], Numbers]) -> Numbers:
        """The answer; whoever asks while it is being found waits for it. What `find` raises, all of them get."""
        with self._lock:
            answer = self._answers.get(question)
            is_new = answer is None
            if answer is None:
                answer = self._answers[question] = Future()
            self._answers.move_to_end(question)
        if is_new:
            try:
                answer.set_result(find())
            except BaseException as error:
                with self._lock:
                    del self._answers[question]
                answer.set_exception(error)
                raise
            self._make_room()
        return answer.result()

    def _make_room(self) -> None:
        with self._lock:
            done = {question: answer.result() for question, answer in self._answers.items() if answer.done()}
            kept_bytes = sum(numbers.nbytes for numbers in done.values())
            # The newest stays, however long it is.
            for question, numbers in list(done.items())[:-1]:
                if kept_bytes <= self.most_bytes:
                    return
                kept_bytes -= numbers.nbytes
                del self._answers[question]
