"""What a worker process runs: `python -m mailsight.bounded SECONDS MEMORY_BYTES ANSWER_BYTES NICE`."""

import sys

from . import worker

if __name__ == "__main__":
    worker.serve(float(sys.argv[1]), *map(int, sys.argv[2:]))
