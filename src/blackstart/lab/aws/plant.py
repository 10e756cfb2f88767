"""The plant, as the AWS API sees it: where accepted calls take effect, and where the truth is read."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from blackstart.outcome import BlackstartError

TIMEOUT_S = 30.0
"""The longest call is a region's power-off, which returns when its processes are gone."""


class PlantError(BlackstartError):
    """The plant did not answer, or not as agreed."""


class PlantRefused(PlantError):  # noqa: N818 - a refusal is the plant's answer, with its own AWS error code
    """The plant answered that it will not: ``code`` is the AWS error code to hand on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Plant:
    """A client of the plant's HTTP API. One connection a call, so any thread may use it."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._address = (parts.hostname or "", parts.port or 80)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def regions(self) -> dict[str, str]:
        """Return each region's power: on, off or hung."""
        return dict(self._call("GET", "/regions"))

    def power(self, region: str, power: str) -> None:
        """Switch a region on, off or hung; returns when it is so (on: when revival has begun)."""
        self._call("PUT", f"/regions/{quote(region)}", {"power": power})

    def cache(self, region: str, power: str) -> None:
        """Switch a region's cache on or off; returns when it answers (empty), or when it is gone."""
        self._call("PUT", f"/caches/{quote(region)}", {"power": power})

    def aurora(self) -> dict[str, Any]:
        """Return the global database: members, roles, failover state, lag."""
        return dict(self._call("GET", "/aurora"))

    def fail_over(self, target_region: str, mode: str, *, data_loss_allowed: bool) -> None:
        """Begin a failover or switchover.

        Raises:
            PlantRefused: the global database is in no state for it.

        """
        body = {"target_region": target_region, "mode": mode, "data_loss_allowed": data_loss_allowed}
        self._call("POST", "/aurora/failover", body)

    def fail_over_writer(self, region: str, instance: str | None) -> None:
        """Begin a failover inside a region, to the named reader or to any.

        Raises:
            PlantRefused: the region's cluster, or that instance, is in no state for it.

        """
        self._call("POST", f"/aurora/writer/{quote(region)}", {"instance": instance})

    def restore_snapshot(self, snapshot: str, cluster: str) -> None:
        """Begin to start a server, as that cluster, from what was kept of an old writer.

        Raises:
            PlantRefused: the snapshot is gone, or there is no room for another restored cluster.

        """
        self._call("POST", f"/aurora/restored/{quote(cluster)}", {"snapshot": snapshot})

    def discard_restored(self, region: str, cluster: str) -> None:
        """End a restored cluster's server; returns when it is gone."""
        self._call("DELETE", f"/aurora/restored/{quote(region)}/{quote(cluster)}")

    def targets(self, region: str) -> list[dict[str, Any]]:
        """Return the health of the pods behind the region's load balancer."""
        return list(self._call("GET", f"/edge/targets/{quote(region)}"))

    def set_ingress(self, region: str, allowed: list[str]) -> None:
        """Set which CIDRs may open connections to the region's load balancer."""
        self._call("PUT", f"/edge/ingress/{quote(region)}", {"allowed": allowed})

    def set_path(self, region: str, *, is_open: bool) -> None:
        """Open or close the load balancer's path to its pods."""
        self._call("PUT", f"/edge/path/{quote(region)}", {"open": is_open})

    def set_accelerator(self, groups: list[dict[str, Any]], *, enabled: bool) -> None:
        """Set the accelerator's endpoint groups, dials and weights."""
        self._call("PUT", "/edge/accelerator", {"groups": groups, "enabled": enabled})

    def accelerator(self) -> dict[str, Any]:
        """Return the endpoint groups with the health that the edge sees."""
        return dict(self._call("GET", "/edge/accelerator"))

    def set_records(self, records: list[dict[str, Any]]) -> None:
        """Replace the private zone's records."""
        self._call("PUT", "/names/records", {"records": records})

    def set_experiments(self, running: list[str]) -> None:
        """Tell which fault injection experiments run, by their templates' names."""
        self._call("PUT", "/fis", {"running": running})

    def set_alarm_actions(self, acting: dict[str, bool]) -> None:
        """Tell which alarms execute their actions, by ``region/name``."""
        self._call("PUT", "/alarms", {"acting": acting})

    def invoke(self, function: str, event: dict[str, Any]) -> None:
        """Start a function with an event; returns when it has taken it. Raises PlantError: it cannot."""
        self._call("POST", "/automation/invocations", {"function": function, "event": event})

    def note(self, note: dict[str, Any]) -> None:
        """Have the instant of something written down among what the lab knows to be true."""
        self._call("POST", "/truth", note)

    def check(self) -> None:
        """Raise PlantError unless the plant takes connections, before a call changes anything."""
        connection = self._connection(timeout_s=2.0)
        try:
            connection.connect()
        except OSError as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        connection = self._connection(TIMEOUT_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()
        return self._answer(f"{method} {path}", status, text)

    def _answer(self, what: str, status: int, text: bytes) -> Any:
        try:
            answer = json.loads(text) if text.strip() else None
        except ValueError as error:
            raise PlantError(f"the lab's plant answered {what} with {status} and no JSON") from error
        if status == http.HTTPStatus.CONFLICT and isinstance(answer, dict):
            raise PlantRefused(str(answer.get("code")), str(answer.get("message")))
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise PlantError(f"the lab's plant at {self.url} answered {what} with {status}: {answer}")
        return answer

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._address
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def _unreachable(self, error: Exception) -> PlantError:
        reason = f"{type(error).__name__}: {error}"
        return PlantError(f"the lab's plant at {self.url} cannot be reached ({reason}); see `blackstart lab status`")
