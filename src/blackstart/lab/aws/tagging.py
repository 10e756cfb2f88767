"""Tags of what the lab seeds, and of the services that moto's tagging API does not know."""

from collections.abc import Iterator

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.eks.models import eks_backends
from moto.fis.models import fis_backends

from blackstart.lab.layout import ACCOUNT, SYSTEM

TAGS = {"system": SYSTEM, "environment": "lab"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]


class UntoldBackend(BaseBackend, TaggableResourcesMixin):
    """EKS clusters and fault injection templates, told to the tagging API in moto's stead."""

    SERVICE_NAMESPACE = "eks"

    def owns_arn(self, arn: str) -> bool:
        return arn.split(":")[2] in {"eks", "fis"}

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:

        for cluster in eks_backends[self.account_id][self.region_name].clusters.values():
            yield TaggedResource(cluster.arn, dict(cluster.tags), "eks:cluster")
        templates = fis_backends[self.account_id][self.region_name]
        for template in templates.experiment_templates.values():
            tags = templates.list_tags_for_resource(template.arn)
            yield TaggedResource(template.arn, tags, "fis:experiment-template")


def install(regions: tuple[str, ...]) -> None:
    """Let the tagging API find them in the lab's regions."""
    told = BackendDict(UntoldBackend, "untold", use_boto3_regions=False, additional_regions=list(regions))
    for region in regions:
        _ = told[ACCOUNT][region]
