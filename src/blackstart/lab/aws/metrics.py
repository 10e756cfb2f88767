"""CloudWatch with the one metric that the data plane has: the global database's replication lag."""

from datetime import timedelta

from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, MetricDatumBase
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.utils import utcnow

from blackstart.lab.aws.context import current

NAMESPACE = "AWS/RDS"
LAG = "AuroraGlobalDBReplicationLag"
_AGE = timedelta(seconds=1)
"""CloudWatch leaves out the second that has not ended."""


class MeasuredBackend(CloudWatchBackend):
    """CloudWatch that has, beside what was put, what the plant measures now."""

    def get_all_metrics(self) -> list[MetricDatumBase]:
        return [*super().get_all_metrics(), *_lag(self.region_name)]


class MetricsResponse(CloudWatchResponse):
    """One call to CloudWatch."""

    @property
    def cloudwatch_backend(self) -> CloudWatchBackend:
        backend = super().cloudwatch_backend
        backend.__class__ = MeasuredBackend
        return backend


def _lag(region: str) -> list[MetricDatumBase]:
    """Return one datapoint, in milliseconds, or none where the lag is not known: never a zero."""
    context = current()
    if region not in context.layout.regions:
        return []
    lag_ms = context.plant.aurora()["lag_ms"].get(region)
    if lag_ms is None:
        return []
    dimensions = [{"Name": "DBClusterIdentifier", "Value": context.layout.cluster_name(region)}]
    return [MetricDatum(NAMESPACE, LAG, float(lag_ms), dimensions, utcnow() - _AGE, "Milliseconds")]
