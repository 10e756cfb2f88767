"""``python -m blackstart.lab.aws CONFIG.json``: serve one lab's AWS API until SIGTERM.

What can be told quickly is told before moto is loaded: a broken configuration, a port in use, a plant that is gone.
"""

import gc
import sys
from pathlib import Path

from blackstart.lab.aws.configuration import Configuration
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.listening import bind
from blackstart.outcome import BlackstartError, UsageError


def main(arguments: list[str]) -> int:
    """Serve; return the exit code if that fails."""
    gc.disable()  # until all is loaded: nothing of it is garbage
    try:
        if len(arguments) != 1:
            raise UsageError("usage: python -m blackstart.lab.aws CONFIG.json")
        context = Context.of(Configuration.load(Path(arguments[0])))
        bound = bind(context.layout)
        context.plant.check()

        from blackstart.lab.aws import base  # noqa: PLC0415 - only once there is something to serve

        base.load()
        from blackstart.lab.aws.server import serve  # noqa: PLC0415 - imports moto, which base.load() has to prepare

        serve(context, bound)
    except BlackstartError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
