"""A stream to people that never fails."""

from contextlib import suppress
from typing import Any, TextIO


class Patient:
    """A text stream whose reader may be gone, or know few signs.

    What cannot be written is dropped, and signs that the stream's encoding lacks become "?": a drill has faults to
    undo, and must not end because nobody reads along.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(self._known(text))
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def _known(self, text: str) -> str:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "replace").decode(encoding)
