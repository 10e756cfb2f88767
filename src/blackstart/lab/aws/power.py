"""Regions that lost their power: their regional APIs do not answer."""

import json
import select
import socket
import time
from pathlib import Path

from blackstart.lab.aws.call import Call

REGIONAL = frozenset({"ec2", "eks", "elasticache", "elasticloadbalancing", "monitoring", "rds"})
"""Services that die with their region, by signing name. The others are global, or live on to be asked."""
HANG_S = 60.0
_POLL_S = 0.2


class RegionPower:
    """Each region's power as the plant mirrors it to ``regions.json``, read at every call."""

    def __init__(self, regions_file: Path) -> None:
        self._file = regions_file

    def is_on(self, region: str) -> bool:
        """Return whether the region has power; one that the file does not name has."""
        try:
            regions = json.loads(self._file.read_text())
        except (OSError, ValueError):  # not written yet
            return True
        return bool(regions.get(region, "on") == "on")

    def silences(self, call: Call) -> bool:
        """Return whether the call goes to an API that is gone with its region."""
        return call.service in REGIONAL and not self.is_on(call.region)

    def hang(self, region: str, connection: socket.socket | None) -> None:
        """Keep the caller waiting until the region is back, ``HANG_S`` have passed or it has hung up itself."""
        deadline = time.monotonic() + HANG_S
        while time.monotonic() < deadline and not self.is_on(region):
            if connection is None:
                time.sleep(_POLL_S)
            elif _hung_up(connection):
                return


def _hung_up(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], _POLL_S)
    if not readable:
        return False
    try:
        gone = connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
    if not gone:
        time.sleep(_POLL_S)  # it has pipelined more: do not spin
    return gone
