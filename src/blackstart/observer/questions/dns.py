"""A name at one resolver: good when it has an answer of the type asked for, and the expected value where one is."""

from collections.abc import Callable
from urllib.parse import parse_qs

import dns.exception
import dns.name
import dns.rcode
import dns.rdatatype

from blackstart.history.records import Result
from blackstart.observer.attempt import Failure
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.lookup import Lookup, answers
from blackstart.observer.questions.answer import Answer, failed
from blackstart.observer.target import parse_resolver, split
from blackstart.outcome import UsageError


class DnsQuestion:
    """Asks ``dns://RESOLVER:PORT/NAME?type=A``. The status is the response code; 0 is no error."""

    keeps_answers = True

    def __init__(self, plan: CanaryPlan) -> None:
        self._resolver, self._name, self._kind = parse_name(plan.url)
        self._expected = None if plan.expect_body is None else plan.expect_body.rstrip(".")

    def ask(self, on_end: Callable[[Lookup], None]) -> Lookup:
        return Lookup(self._resolver, self._name, self._kind, on_end)

    def answer(self, attempt: Lookup) -> Answer:
        response = attempt.response
        if response is None:
            return failed(attempt.failure or Failure.OTHER)
        code, found = response.rcode(), answers(response)
        values = {value for _, value, _ in found}
        result = Result.GOOD
        if code != dns.rcode.NOERROR:
            result = Result.WRONG_STATUS
        elif self._kind not in {kind for kind, _, _ in found} or self._expected not in (None, *values):
            result = Result.WRONG_BODY
        said = {
            "rcode": dns.rcode.to_text(code),
            "answers": sorted([kind, value] for kind, value, _ in found),
            "ttl_s": min((ttl for _, _, ttl in found), default=None),
        }
        return Answer(result, int(code), 0, said)


def parse_name(url: str) -> tuple[tuple[str, int], dns.name.Name, str]:
    """Return the resolver, the name and the record type of a dns URL. Raises UsageError."""
    try:
        parts = split(url)
        resolver = parse_resolver(parts.netloc)
        name = dns.name.from_text(parts.path.strip("/"))
        kind = dns.rdatatype.to_text(dns.rdatatype.from_text(parse_qs(parts.query).get("type", ["A"])[0]))
    except (ValueError, dns.exception.DNSException) as error:
        raise UsageError(f"observer: {url!r} is no dns://RESOLVER:PORT/NAME?type=A URL: {error}") from error
    if resolver is None or name == dns.name.root:
        raise UsageError(f"observer: {url!r} names no resolver or no name; give dns://RESOLVER:PORT/NAME")
    return resolver, name, kind
