"""The observer as its runner sees it: started, asked, stopped, and never missed without a reason."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import IO, Any, Self

from blackstart import own_process
from blackstart.observer.plan import Plan
from blackstart.outcome import BlackstartError

START_PATIENCE_S = 30.0
STOP_PATIENCE_S = 60.0  # beyond the longest timeout of what may be outstanding: a busy disk takes its time to sync


class Observer:
    """Runs one observer process that writes ``run_dir/history``, or the folder given as ``history``.

    The process has its own session, so the terminal's Ctrl-C does not end it; when this process dies, it goes
    on for the plan's linger time and ends by itself. Its complaints are kept in ``run_dir/observer.log``.
    """

    def __init__(self, plan: Plan, run_dir: Path, history: Path | None = None) -> None:
        self.history = history or run_dir / "history"
        self.log = run_dir / "observer.log"
        self.plan = replace(plan, out=str(self.history))
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = Event()
        self._lock = Lock()
        self._state: dict[str, Any] | None = None
        self._stopping = False
        self._farewell: str | None = None
        self._listener: Thread | None = None

    def start(self) -> None:
        """Start it and return once it observes; leave no process where it does not come to that.

        Raises BlackstartError.
        """
        try:
            self.history.mkdir(parents=True, exist_ok=True)
            plan_file = _written(self.plan)
        except OSError as error:
            raise BlackstartError(f"the observer did not start: {error.strerror}: {error.filename}") from error
        try:
            self._process = self._spawn(plan_file)
            self._listener = Thread(target=self._listen, args=(self._process.stdout,), name="observer", daemon=True)
            self._listener.start()
            if not self._ready.wait(START_PATIENCE_S) or not self.alive():
                self._kill()
                raise BlackstartError(f"the observer did not start: {self.detail or 'it never said that it is ready'}")
        except OSError as error:
            raise BlackstartError(f"the observer did not start: {error.strerror}: {error.filename}") from error
        except KeyboardInterrupt:
            self._kill()
            raise
        finally:
            plan_file.unlink(missing_ok=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def state(self) -> dict[str, Any] | None:
        """The latest state line (``canaries``, ``ledgers``), None before the first. Safe from any thread."""
        with self._lock:
            return self._state

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def detail(self) -> str | None:
        """Why it ended before it was asked to; None while it runs, and after an orderly end."""
        code = self._process.poll() if self._process else None
        if code is None or (code == 0 and self._stopping):
            return None
        ended = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return f"{ended}: {said}" if (said := self._farewell or self._last_words()) else ended

    def stop(self) -> None:
        """Ask it to end and wait until its files are closed. One that already died is left as it is: see detail."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):  # it has died: there is nobody to ask
            assert process.stdin is not None
            process.stdin.write(b"stop\n")
            process.stdin.flush()
            process.send_signal(signal.SIGCONT)  # one that somebody froze would not hear it
        try:
            process.wait(self._longest_timeout_s() + STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._kill()
        if self._listener is not None:
            self._listener.join(STOP_PATIENCE_S)  # its last word may still be on the way

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, plan_file: Path) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "blackstart.observer", str(plan_file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=own_process.environment(),
            )

    def _listen(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            message = json.loads(line)
            if message["event"] == "ready":
                self._ready.set()
            elif message["event"] == "ended":
                self._farewell = self._farewell or message["detail"]
            else:
                with self._lock:
                    self._state = message
        # It has ended: whoever waits for it need not wait longer.
        if self._process is not None:
            self._process.wait()
        self._ready.set()

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1] if lines else ""

    def _longest_timeout_s(self) -> float:
        timeouts = [canary.timeout_s for canary in self.plan.canaries]
        return max(timeouts + [ledger.timeout_s for ledger in self.plan.ledgers])

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _written(plan: Plan) -> Path:
    """Write the plan where only this user can read it: its headers may carry secrets."""
    descriptor, name = tempfile.mkstemp(prefix="blackstart-observer-", suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(plan.as_json(), file)
    return Path(name)
