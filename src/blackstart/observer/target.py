"""Where a request goes, taken apart once."""

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from blackstart.outcome import UsageError


@dataclass(frozen=True)
class Target:
    """A server and what is asked of it. ``path`` carries the query. ``tls`` is None for plain http."""

    host: str
    port: int
    path: str
    authority: str
    tls: ssl.SSLContext | None
    numeric: bool

    @property
    def server_name(self) -> str | None:
        """The name that the server's certificate must bear."""
        return urlsplit(f"//{self.authority}").hostname if self.tls else None


def parse_target(url: str, host: str | None = None, ca_file: str | None = None) -> Target:
    """Take an http or https URL apart; ``host`` replaces the Host header. Raises UsageError."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise UsageError(f"observer: {url!r} is no http:// or https:// URL") from error
    if not parts.hostname:
        raise UsageError(f"observer: {url!r} names no host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = _tls(ca_file) if parts.scheme == "https" else None
    authority = host or parts.netloc.rpartition("@")[2]
    return Target(parts.hostname, port, path, authority, tls, _is_numeric(parts.hostname))


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(f"observer: cannot read the CA file {ca_file}: {error}") from error


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def request_bytes(method: str, target: Target, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a whole HTTP/1.1 request that asks the server to close afterwards."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.authority}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
