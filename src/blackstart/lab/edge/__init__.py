"""The edge of a lab: one Envoy a region as the ALB, one as the Global Accelerator, and the rules between them."""

from blackstart.lab.edge.edge import Edge
from blackstart.lab.edge.registration import Cluster
from blackstart.lab.edge.rules import Endpoint, Group

__all__ = ["Cluster", "Edge", "Endpoint", "Group"]
