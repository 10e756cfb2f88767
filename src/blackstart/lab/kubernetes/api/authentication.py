"""Who calls: the lab's administrator, or whoever AWS's ``eks get-token`` vouches for.

Such a token is a presigned STS GetCallerIdentity URL whose signature covers the header ``x-k8s-aws-id`` with the
cluster's name. As EKS's authenticator does, the twin checks its form, then makes that call and believes the answer.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from blackstart.clock import Clock
from blackstart.lab.kubernetes import http_client
from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.objects.failure import unauthorized

PREFIX = "k8s-aws-v1."
LIFETIME = timedelta(minutes=15)
"""How long a token counts from its signing on, whatever ``X-Amz-Expires`` says (EKS's own rule)."""

SKEW = timedelta(minutes=5)
CACHE = timedelta(seconds=30)
"""How long a good answer of STS is believed without asking again."""

MAX_EXPIRES_S = 900
_REQUIRED = frozenset({"action", "x-amz-date", "x-amz-expires", "x-amz-signature", "x-amz-signedheaders"})
_ALLOWED = _REQUIRED | {"version", "x-amz-algorithm", "x-amz-credential", "x-amz-security-token"}
_ARN = re.compile(rb'<Arn>([^<]+)</Arn>|"Arn"\s*:\s*"([^"]+)"')
_AWS_HOST = re.compile(r"^sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com$")

STS_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Presigned:
    """A token's URL, its form found good. ``signed`` is when it was signed."""

    url: SplitResult
    signed: datetime


class Authentication:
    """Says who a bearer token stands for."""

    def __init__(self, configuration: Configuration, clock: Clock):
        self._configuration = configuration
        self._clock = clock
        self._known: dict[str, tuple[str, datetime]] = {}

    async def identify(self, authorization: str) -> str:
        """Return the caller's name: ``admin`` or an ARN.

        Raises:
            ApiError: 401.

        """
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        if compare_digest(token.encode(), self._configuration.admin_token.encode()):
            return "admin"
        if not token.startswith(PREFIX):
            raise unauthorized()
        return await self._from_sts(token)

    async def _from_sts(self, token: str) -> str:
        now = self._clock.wall()
        presigned = parse(token, self._configuration.sts_url)
        if presigned is None or not presigned.signed - SKEW <= now <= presigned.signed + LIFETIME:
            raise unauthorized()
        arn, until = self._known.get(token, ("", now))
        if now < until:
            return arn
        arn = await self._ask(presigned)
        self._known = {known: kept for known, kept in self._known.items() if kept[1] > now}
        self._known[token] = (arn, now + CACHE)
        return arn

    async def _ask(self, presigned: Presigned) -> str:
        sts = urlsplit(self._configuration.sts_url)
        url = urlunsplit((sts.scheme, sts.netloc, "/", presigned.url.query, ""))
        headers = {
            "Host": presigned.url.netloc,
            "x-k8s-aws-id": self._configuration.cluster,
            "Accept": "application/json",
        }
        try:
            code, body = await http_client.get(url, headers, STS_TIMEOUT_S)
        except (OSError, ValueError):
            raise unauthorized() from None
        arn = _arn(body)
        if code != 200 or not arn:
            raise unauthorized()
        return arn


def parse(token: str, sts_url: str) -> Presigned | None:
    """Return what a token holds, or None where it is not what ``eks get-token`` makes."""
    encoded = token.removeprefix(PREFIX)
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        url = urlsplit(text)
        parameters = {key.lower(): values for key, values in parse_qs(url.query, strict_parsing=True).items()}
        signed = datetime.strptime(parameters["x-amz-date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires_s = int(parameters["x-amz-expires"][0])
    except (binascii.Error, ValueError, KeyError):
        return None
    good = (
        _is_sts(url, sts_url)
        and url.path in ("", "/")
        and _REQUIRED <= set(parameters) <= _ALLOWED
        and all(len(values) == 1 for values in parameters.values())
        and parameters["action"] == ["GetCallerIdentity"]
        and {"host", "x-k8s-aws-id"} <= set(parameters["x-amz-signedheaders"][0].lower().split(";"))
        and 0 <= expires_s <= MAX_EXPIRES_S
    )
    return Presigned(url, signed) if good else None


def _is_sts(url: SplitResult, sts_url: str) -> bool:
    if (url.scheme, url.netloc) == urlsplit(sts_url)[:2]:
        return True
    return url.scheme == "https" and _AWS_HOST.match(url.netloc) is not None


def _arn(body: bytes) -> str:
    """Return the caller's ARN from STS's answer, be it XML or JSON, "" where there is none."""
    found = _ARN.search(body)
    return (found[1] or found[2]).decode() if found else ""
