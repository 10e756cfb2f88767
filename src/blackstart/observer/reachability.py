"""Endpoints that cannot be meant: refused before anything is observed, since nothing of an outage would show in them.

One that refuses or hangs is observed: it may be down. One whose name nobody knows, whose certificate does not verify
or whose database turns the user away is a mistake of the command, not an outage.
"""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.resolver

from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.plan import Plan
from blackstart.observer.target import Target, is_numeric, parse_resolver, parse_target, split
from blackstart.outcome import UsageError

PATIENCE_S = 5.0
AT_ONCE = 32
_TURNED_AWAY = ("authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied")
"""While connecting libpq gives no SQLSTATE, only the server's words."""


def check(plan: Plan) -> None:
    """Raise UsageError for the first endpoint that cannot be meant. They are asked side by side: some may hang."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for _ in pool.map(_check, plan.canaries):
            pass
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _check(canary: CanaryPlan) -> None:
    host = split(canary.url).hostname or ""
    address = host if is_numeric(host) else _address(host, canary)
    if canary.kind == "http":
        _check_certificate(canary, address)
    elif canary.kind == "sql":
        _check_login(canary, address)


def _address(host: str, canary: CanaryPlan) -> str:
    resolver = parse_resolver(canary.resolver) if canary.kind != "dns" else None
    try:
        return _asked(host, resolver) if resolver else str(socket.getaddrinfo(host, None)[0][4][0])
    except (OSError, UnicodeError, dns.exception.DNSException) as error:
        whom = f"resolver {canary.resolver}" if resolver else "this machine's resolver"
        raise UsageError(
            f"observe: {host} does not resolve at {whom} ({error}): mend the name, or name another with --resolver"
        ) from error


def _asked(host: str, at: tuple[str, int]) -> str:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = [socket.gethostbyname(at[0])], at[1], PATIENCE_S
    return str(resolver.resolve(host, "A")[0])


def _check_certificate(canary: CanaryPlan, address: str) -> None:
    target = parse_target(canary.url, canary.host, canary.ca_file)
    if target.tls is None:
        return
    try:
        _shake_hands(target, address)
    except ssl.SSLCertVerificationError as error:
        raise UsageError(
            f"observe: the certificate of {target.authority} does not verify ({error.verify_message}): "
            "renew it, trust its issuer with --ca-file, or observe it by the name that it bears"
        ) from error
    except OSError:
        return  # it may be down: that is what will be observed


def _shake_hands(target: Target, address: str) -> None:
    assert target.tls is not None
    with (
        socket.create_connection((address, target.port), PATIENCE_S) as plain,
        target.tls.wrap_socket(plain, server_hostname=target.server_name),
    ):
        pass


def _check_login(canary: CanaryPlan, address: str) -> None:
    import psycopg  # noqa: PLC0415 - only databases need it

    from blackstart.observer.questions.sql import options  # noqa: PLC0415 - as above

    asked = {**options(canary), "hostaddr": address, "connect_timeout": round(PATIENCE_S)}
    del asked["resolver"]
    try:
        psycopg.connect(**asked).close()
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        if any(words in said for words in _TURNED_AWAY):
            raise UsageError(
                f"observe: the database turns the user away ({said[:300]}): mend user, password or database"
            ) from error
