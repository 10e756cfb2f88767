"""The Kubernetes twins as the plant configures and starts them."""

import json
import sys
from pathlib import Path
from typing import Any

from blackstart.lab import incarnation
from blackstart.lab.descent import MARK
from blackstart.lab.kubernetes import certificates, configuration
from blackstart.lab.kubernetes.node import truth
from blackstart.lab.layout import CLIENT_VIEW, Layout
from blackstart.lab.plant import manifests
from blackstart.lab.processes import Processes
from blackstart.lab.specification import Specification

IMAGES = {manifests.IMAGE: [sys.executable, "-m", "blackstart.lab.shop"]}


def name(region: str) -> str:
    """Return the part's name."""
    return f"kubernetes-{region}"


class Twins:
    """One Kubernetes API twin a region."""

    def __init__(
        self,
        layout: Layout,
        specification: Specification,
        processes: Processes,
        state: Path,
        *,
        token: str,
        database_password: str,
    ) -> None:
        self._layout, self._specification, self._processes = layout, specification, processes
        self._folder = state / "kubernetes"
        self._token = token
        addresses = {
            region: (layout.kubernetes(region), layout.kubernetes_link(CLIENT_VIEW, region))
            for region in layout.regions
        }
        self._tls = certificates.write(self._folder / "tls", addresses)
        for region in layout.regions:
            self._write_configuration(region, manifests.shop(layout, specification, region, database_password))

    @property
    def token(self) -> str:
        """The bearer token that every twin accepts."""
        return self._token

    @property
    def authority(self) -> Path:
        """The certificate authority of all twins, as a PEM file."""
        return self._tls[self._layout.regions[0]]["ca"]

    def url(self, region: str) -> str:
        """Return the twin's own URL, inside its region."""
        return f"https://{self._layout.kubernetes(region)}:{self._layout.ports.kubernetes}"

    def truth(self) -> list[dict[str, Any]]:
        """Return what the nodes of all regions did to their pods, and when."""
        return [entry for region in self._layout.regions for entry in truth.read(self._folder / region)]

    def _write_configuration(self, region: str, manifest: str) -> None:
        folder = self._folder / region
        applied = folder / "manifests"
        applied.mkdir(parents=True)
        (applied / "shop.yaml").write_text(manifest)
        content = configuration.config(
            self._layout,
            region,
            state=folder,
            manifests=applied,
            logs=self._processes.logs,
            tls=self._tls[region],
            images=IMAGES,
            # Pods inherit next to nothing; the janitor has to know them all the same.
            pod_env=_marks(self._processes.state),
            admin_token=self._token,
            pod_start_s=self._specification.pod_start_s,
        )
        file = folder / "config.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(content))

    async def start(self, region: str) -> None:
        """Start the region's twin, with the objects that it had."""
        config = str(self._folder / region / "config.json")
        await self._processes.start(
            name(region), [sys.executable, "-m", "blackstart.lab.kubernetes", config], group=region
        )


def _marks(state: Path) -> dict[str, str]:
    own = incarnation.read(state)
    return {MARK: str(state)} | ({} if own is None else {incarnation.MARK: own})
