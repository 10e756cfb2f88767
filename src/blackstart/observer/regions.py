"""Which region answered, as a number that fits a record."""

from blackstart.observer.reply import Reply


class Regions:
    """The regions in the plan's order; the first has number 1, 0 means unknown."""

    def __init__(self, names: tuple[str, ...], header: str) -> None:
        self._names = names
        self._header = header.lower().encode("latin-1")
        self._numbers = {name.encode(): number for number, name in enumerate(names, start=1)}

    def of(self, reply: Reply | None) -> int:
        """Return the number of the region that the reply's header names."""
        if reply is None:
            return 0
        return self._numbers.get(reply.headers.get(self._header, b""), 0)

    def number(self, name: str | None) -> int:
        """Return the number of the region with that name, 0 for none of the plan's."""
        return self._numbers.get((name or "").encode(), 0)

    def name(self, number: int) -> str | None:
        return self._names[number - 1] if number else None
