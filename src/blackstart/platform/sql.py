"""SQL connections to the system's databases, by name and with credentials by reference."""

import json
from typing import Any

import psycopg

from blackstart.platform import aws, names
from blackstart.topology import Topology

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 30_000


def connect(topology: Topology, region: str, host: str) -> psycopg.Connection[Any]:
    """Open a connection to ``host``; the secret is read in ``region``, since the other region's may be gone."""
    user, password = login(topology, region)
    return psycopg.connect(
        host=host,
        hostaddr=names.address(topology, host),
        port=topology.database.port,
        dbname=topology.database.name,
        user=user,
        password=password,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        application_name="blackstart",
    )


def login(topology: Topology, region: str) -> tuple[str, str]:
    """Return user and password from the secret, as the region's Secrets Manager holds it."""
    secrets = aws.client(topology, "secretsmanager", region)
    value = secrets.get_secret_value(SecretId=topology.database.credentials.secret)["SecretString"]
    login = json.loads(value)
    return login["username"], login["password"]
