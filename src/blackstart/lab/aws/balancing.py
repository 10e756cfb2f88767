"""elbv2 whose target health is what the edge sees."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.responses import ELBV2Response

from blackstart.lab.aws.context import current


class BalancingResponse(ELBV2Response):
    """One call to elbv2."""

    def describe_target_health(self) -> ActionResult:
        """Return the health of each pod behind the target group, by address and port."""
        if self._get_param("TargetGroupArn") not in self.elbv2_backend.target_groups:
            raise TargetGroupNotFoundError
        targets = [_described(target) for target in current().plant.targets(self.region)]
        wanted = self._get_param("Targets", [])
        return ActionResult({"TargetHealthDescriptions": [_of(one, targets) for one in wanted] if wanted else targets})


def _described(target: dict[str, Any]) -> dict[str, Any]:
    health = {"State": target["state"]}
    if target.get("reason"):
        health |= {"Reason": target["reason"], "Description": target["reason"]}
    port = int(target["port"])
    return {"Target": {"Id": target["address"], "Port": port}, "HealthCheckPort": str(port), "TargetHealth": health}


def _of(wanted: dict[str, Any], targets: list[dict[str, Any]]) -> dict[str, Any]:
    for described in targets:
        target = described["Target"]
        if target["Id"] == wanted["Id"] and int(wanted.get("Port", target["Port"])) == target["Port"]:
            return described
    health = {"State": "unused", "Reason": "Target.NotRegistered", "Description": "Target is not registered"}
    return {"Target": dict(wanted), "TargetHealth": health}
