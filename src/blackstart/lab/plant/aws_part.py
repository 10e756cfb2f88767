"""The AWS API as the plant starts it: its configuration, its process, and what it tells once it is seeded."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from blackstart.lab.layout import Layout
from blackstart.lab.plant import power, topology_file
from blackstart.lab.processes import PIPE, PartError, Processes
from blackstart.lab.specification import Specification

NAME = "aws-api"


class AwsApi:
    """The process that answers as AWS does."""

    def __init__(
        self, layout: Layout, specification: Specification, processes: Processes, state: Path, *, token: str
    ) -> None:
        self._layout, self._specification, self._processes = layout, specification, processes
        self._folder, self._state, self._token = state / "aws", state, token
        self._output: asyncio.Task[None] | None = None

    async def start(self, authority: Path, database_password: str) -> dict[str, Any]:
        """Start it; return its resources once everything is seeded. Raises ``PartError``."""
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "config.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._configuration(authority, database_password)))
        argv = [sys.executable, "-m", "blackstart.lab.aws", str(config)]
        process = await self._processes.start(NAME, argv, group="global", stdout=PIPE)
        assert process.stdout is not None
        await self._until_ready(process.stdout)
        self._output = asyncio.create_task(self._log(process.stdout))
        resources: dict[str, Any] = json.loads((self._folder / "resources.json").read_text())
        return resources

    async def _until_ready(self, stdout: asyncio.StreamReader) -> None:
        while (line := await stdout.readline()).strip() != b"ready":
            if not line:
                raise PartError(f"{NAME} ended before it was ready")
            self._keep(line)

    async def _log(self, stdout: asyncio.StreamReader) -> None:
        while line := await stdout.readline():
            self._keep(line)

    def _keep(self, line: bytes) -> None:
        with self._processes.log(NAME).open("ab") as file:
            file.write(line)

    def _configuration(self, authority: Path, database_password: str) -> dict[str, Any]:
        return {
            "layout": self._layout.as_json(),
            "specification": self._specification.as_json(),
            "state": str(self._state),
            "regions_file": str(self._state / power.FILE),
            "plant_url": self._layout.plant_url,
            "plant_token": self._token,
            "kubernetes": {
                region: {"url": topology_file.kubernetes_url(self._layout, region), "ca_file": str(authority)}
                for region in self._layout.regions
            },
            "database_password": database_password,
        }
