"""Names of the lab: the private zone and the managed services' own names, as each view sees them."""

from blackstart.lab.names.endpoints import Endpoints
from blackstart.lab.names.server import Resolver
from blackstart.lab.names.zone import Record

__all__ = ["Endpoints", "Record", "Resolver"]
