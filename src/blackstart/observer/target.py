"""Where a request goes, taken apart once."""

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from blackstart.outcome import UsageError

_PORTS = {"http": 80, "https": 443, "tcp": None}


@dataclass(frozen=True)
class Target:
    """A server and what is asked of it.

    ``path`` carries the query. ``tls`` is None for plain connections. ``resolver`` knows the host's address; None
    means the machine's own.
    """

    host: str
    port: int
    path: str
    authority: str
    tls: ssl.SSLContext | None
    numeric: bool
    resolver: tuple[str, int] | None = None

    @property
    def server_name(self) -> str | None:
        """The name that the server's certificate must bear."""
        return urlsplit(f"//{self.authority}").hostname if self.tls else None


def parse_target(url: str, host: str | None = None, ca_file: str | None = None, resolver: str | None = None) -> Target:
    """Take an http, https or tcp URL apart; ``host`` replaces the Host header. Raises UsageError."""
    try:
        parts = split(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise UsageError(f"observer: {url!r} is no http://, https:// or tcp:// URL: {error}") from error
    if not parts.hostname:
        raise UsageError(f"observer: {url!r} names no host")
    _check_signs(url, parts, host or "")
    if port is None:
        raise UsageError(f"observer: {url!r} names no port; give tcp://HOST:PORT")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = _tls(ca_file) if parts.scheme == "https" else None
    authority = host or parts.netloc
    return Target(parts.hostname, port, path, authority, tls, is_numeric(parts.hostname), parse_resolver(resolver))


def _check_signs(url: str, parts: SplitResult, host: str) -> None:
    """Refuse what a request cannot carry. Raises UsageError."""
    if not (parts.netloc + host).isascii():
        raise UsageError(f"observer: {url!r} has a host that is not ASCII: give it as DNS has it (xn--…)")
    sent = parts.path + parts.query
    if not sent.isascii() or not sent.isprintable() or " " in sent:
        raise UsageError(f"observer: {url!r} has signs that no request carries: percent-encode them (%20 for a space)")


def split(url: str) -> SplitResult:
    """Take a URL apart. Raises ValueError, and UsageError for one that carries a password."""
    parts = urlsplit(url)
    if parts.port == 0:
        raise ValueError("there is no port 0")
    if parts.password is not None or (parts.username is not None and parts.scheme in _PORTS):
        # The URL itself is not shown: it would carry the secret into logs.
        raise UsageError(
            f"observer: the {parts.scheme} URL for {parts.hostname} carries credentials, which its record would keep; "
            "leave them out (PostgreSQL: give the password in PGPASSWORD or a pgpass file)"
        )
    return parts


def parse_resolver(text: str | None) -> tuple[str, int] | None:
    """Return ``host:port`` as a pair. Raises UsageError."""
    if text is None:
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or 53
    except ValueError as error:
        raise UsageError(f"observer: {text!r} is no resolver; give HOST:PORT") from error
    if not host:
        raise UsageError(f"observer: {text!r} is no resolver; give HOST:PORT")
    return host, port


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(f"observer: cannot read the CA file {ca_file}: {error}") from error


def is_numeric(host: str) -> bool:
    """Tell an address from a name."""
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
