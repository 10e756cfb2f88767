"""The global database: a cluster in each region, two instances in the primary, one in the standby."""

from moto.rds.models import rds_backends

from blackstart.lab.aws import membership
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.tagging import TAG_LIST
from blackstart.lab.layout import ACCOUNT, SYSTEM

ENGINE = "aurora-postgresql"
VERSION = "17.5"
"""Aurora's newest; the engine behind it is PostgreSQL 18, which Aurora does not number yet."""


def build(context: Context) -> str:
    """Build the clusters; return the global cluster's name."""
    backend = rds_backends[ACCOUNT][membership.GLOBAL_REGION]
    cluster = backend.create_global_cluster(
        SYSTEM, None, ENGINE, VERSION, storage_encrypted=True, deletion_protection=None
    )
    cluster.__class__ = membership.ServedGlobalCluster
    for number, region in enumerate(context.layout.regions):
        _cluster(context, region, instances=2 if number == 0 else 1)
    return SYSTEM


def _cluster(context: Context, region: str, instances: int) -> None:

    layout = context.layout
    primary = region == context.configuration.primary
    credentials = {"master_username": SYSTEM, "master_user_password": context.configuration.database_password}
    cluster = rds_backends[ACCOUNT][region].create_db_cluster(
        {
            "db_cluster_identifier": layout.cluster_name(region),
            "global_cluster_identifier": SYSTEM,
            "database_name": SYSTEM if primary else None,
            "engine": ENGINE,
            "engine_version": VERSION,
            "port": layout.ports.database,
            "storage_encrypted": True,
            "tags": TAG_LIST,
            **(credentials if primary else {}),
        }
    )
    cluster.__class__ = membership.ServedCluster
    assert isinstance(cluster, membership.ServedCluster)
    cluster.seen = {}
    for number in range(1, instances + 1):
        _instance(context, region, number)


def _instance(context: Context, region: str, number: int) -> None:

    instance = rds_backends[ACCOUNT][region].create_db_instance(
        {
            "db_instance_identifier": context.layout.instance_name(region, number),
            "db_cluster_identifier": context.layout.cluster_name(region),
            "db_instance_class": "db.r6g.large",
            "engine": ENGINE,
            "port": context.layout.ports.database,
            "availability_zone": f"{region}{'abc'[number - 1]}",
            "tags": TAG_LIST,
        }
    )
    instance.__class__ = membership.ServedInstance  # type: ignore[type-abstract] # moto marks it abstract, and makes it
