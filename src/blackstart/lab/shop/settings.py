"""What a pod is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from blackstart.outcome import UsageError


@dataclass(frozen=True)
class Settings:
    """One pod's settings. ``resolver``: the name server's IP address and port."""

    ip: str
    port: int
    region: str
    pod: str
    writer: str
    reader: str
    database_port: int
    database: str
    user: str
    password: str
    cache: tuple[str, int] | None
    resolver: tuple[str, int]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises ``UsageError`` that names what is missing or no number."""
        try:
            return cls._read(environment)
        except KeyError as error:
            raise UsageError(f"shop: the environment lacks {error.args[0]}; the pod's manifest must set it") from error
        except ValueError as error:
            raise UsageError(f"shop: a port in the environment is wrong: {error}") from error

    @classmethod
    def _read(cls, environment: Mapping[str, str]) -> "Settings":
        host, _, port = environment["RESOLVER"].rpartition(":")
        cache = environment.get("CACHE_HOST")
        return cls(
            ip=environment["POD_IP"],
            port=int(environment["PORT"]),
            region=environment["REGION"],
            pod=environment["POD_NAME"],
            writer=environment["DATABASE_WRITER"],
            reader=environment.get("DATABASE_READER") or environment["DATABASE_WRITER"],
            database_port=int(environment["DATABASE_PORT"]),
            database=environment.get("DATABASE_NAME", "shop"),
            user=environment.get("DATABASE_USER", "shop"),
            password=environment.get("DATABASE_PASSWORD", ""),
            cache=(cache, int(environment["CACHE_PORT"])) if cache else None,
            resolver=(host, int(port)),
        )
