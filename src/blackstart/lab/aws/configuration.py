"""What the AWS API is started with: the CONFIG.json that the plant writes."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.lab.layout import Layout
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError


@dataclass(frozen=True)
class Cluster:
    """Where a region's Kubernetes API answers, and the certificate authority that vouches for it."""

    url: str
    ca_file: Path

    @property
    def authority(self) -> str:
        """Return the CA certificate as EKS hands it out: base64 of the PEM file."""
        return base64.b64encode(self.ca_file.read_bytes()).decode()


@dataclass(frozen=True)
class Configuration:
    """One lab's AWS API."""

    layout: Layout
    specification: Specification
    state: Path
    regions_file: Path
    plant_url: str
    plant_token: str
    kubernetes: dict[str, Cluster]
    database_password: str

    @property
    def primary(self) -> str:
        return self.layout.regions[0]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Configuration":
        return cls(
            layout=Layout.from_json(data["layout"]),
            specification=Specification.from_json(data["specification"]),
            state=Path(data["state"]),
            regions_file=Path(data["regions_file"]),
            plant_url=data["plant_url"],
            plant_token=data["plant_token"],
            kubernetes={
                region: Cluster(cluster["url"], Path(cluster["ca_file"]))
                for region, cluster in data["kubernetes"].items()
            },
            database_password=data["database_password"],
        )

    @classmethod
    def load(cls, path: Path) -> "Configuration":
        """Read CONFIG.json.

        Raises:
            UsageError: the file is missing, is no JSON, or lacks a field.

        """
        try:
            return cls.from_json(json.loads(path.read_text()))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path}: cannot read the AWS API's configuration ({error}); start it by lab up"
            ) from error
        except KeyError as error:
            raise UsageError(f"{path}: the AWS API's configuration lacks {error}; start it by lab up") from error
