"""`python -m flywheel_train task.json`: one JSON object a line on stdout, `{progress}`, then `{report}`, `{stopped}` or `{error}`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any


def tell(line: dict[str, Any]) -> None:
    """Where nobody listens any more, the run ends here: a trainer without its server is of no use."""
    print(json.dumps(line), flush=True)


def main() -> int:
    asked: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: asked.append(number))
    from .failure import Failure  # noqa: PLC0415 - JAX takes a second to load, and a stop meanwhile must be heard
    from .run import Run, Stopped, read_task  # noqa: PLC0415

    try:
        run = Run(read_task(Path(sys.argv[1])), lambda progress: tell({"progress": progress}), lambda: bool(asked))
        tell({"report": run.finish()})
        run.forget()
    except Stopped:
        tell({"stopped": True})
        return 130
    except BrokenPipeError:
        sys.stdout = None  # or its last flush complains
        return 1
    except Failure as failure:
        tell({"error": str(failure)})
        return 1
    except OSError as error:
        tell({"error": f"{error.strerror or error} ({error.filename})" if error.filename else str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
