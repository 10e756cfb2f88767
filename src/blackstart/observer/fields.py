"""Reading one JSON object of a plan, field by field, with errors that name the field."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from blackstart.outcome import UsageError

# Names become file names, and parts of keys in the system under drill.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Fields:
    """The fields of one object. Each reader checks its field; ``done`` refuses the fields that nobody read."""

    def __init__(self, kind: str, data: Mapping[str, Any]) -> None:
        if not isinstance(data, Mapping):
            raise UsageError(f"observer plan: a {kind} must be an object, not {data!r}")
        self._kind = kind
        self._data = data
        self._read: set[str] = set()

    def wrong(self, name: str, must: str) -> UsageError:
        return UsageError(f"observer plan: {self._kind} field {name!r} {must}, not {self._data.get(name)!r}")

    def done[T](self, built: T) -> T:
        unknown = sorted(set(self._data) - self._read)
        if unknown:
            raise UsageError(f"observer plan: a {self._kind} has no field {unknown[0]!r}; remove it")
        return built

    def name(self, name: str = "name") -> str:
        value = self._get(name)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self.wrong(name, "must be letters, digits, '.', '_' and '-'")
        return value

    def text(self, name: str) -> str | None:
        value = self._get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "must be a text")
        return value

    def url(self, schemes: Sequence[str] = ("http", "https")) -> str:
        value = self._get("url")
        if not isinstance(value, str) or value.partition("://")[0] not in schemes or "://" not in value:
            raise self.wrong("url", f"must be a URL that begins with {', '.join(f'{each}://' for each in schemes)}")
        try:
            urlsplit(value)
        except ValueError as error:
            raise self.wrong("url", f"must be a URL ({error})") from error
        return value

    def number(self, name: str, default: float, least: float | None = None, most: float | None = None) -> float:
        """Return a positive number, or one of at least ``least``; none above ``most``."""
        value = self._get(name)
        if value is None:
            return default
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not (value >= least if least is not None else value > 0):
            raise self.wrong(name, "must be a number above 0" if least is None else f"must be a number from {least}")
        if most is not None and value > most:
            raise self.wrong(name, f"must be at most {most:g}")
        return float(value)

    def whole(self, name: str, default: int, most: int = 3_600_000) -> int:
        """Return a whole number from 1."""
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise self.wrong(name, f"must be a whole number from 1 to {most}")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self._get(name)
        if value is None:
            return default
        if value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(choices)}")
        return str(value)

    def statuses(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self._get(name)
        if value is None:
            return default
        if not _is_list(value) or not value or not all(isinstance(item, int) and 100 <= item <= 599 for item in value):
            raise self.wrong(name, "must be a list of HTTP statuses")
        return tuple(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._get(name)
        if not _is_list(value) or not all(isinstance(item, str) for item in value) or len(value) > 255:
            raise self.wrong(name, "must be a list of at most 255 texts")
        return tuple(value)

    def strings(self, name: str) -> dict[str, str]:
        value = self.mapping(name)
        if not all(isinstance(item, str) for item in value.values()):
            raise self.wrong(name, "must map texts to texts")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._get(name)
        if not isinstance(value, Mapping):
            if value is None:
                return {}
            raise self.wrong(name, "must be an object")
        return dict(value)

    def items(self, name: str) -> list[Any]:
        value = self._get(name)
        if value is not None and not _is_list(value):
            raise self.wrong(name, "must be a list")
        return list(value or ())

    def _get(self, name: str) -> Any:
        self._read.add(name)
        return self._data.get(name)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)
