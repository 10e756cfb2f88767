"""STS: who is calling, for clients and for the Kubernetes clusters that hold a presigned URL as a token."""

from datetime import UTC, datetime, timedelta

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

from blackstart.clock import SystemClock
from blackstart.lab.layout import ACCOUNT

PRESIGNED_FOR = timedelta(minutes=15)
"""How long STS honours a presigned URL after its date, whatever the URL says."""
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/operator"
"""Who calls with credentials that the lab did not hand out."""


class SignatureExpired(ServiceException):
    """A presigned URL is too old."""

    code = "SignatureDoesNotMatch"


class AccessDenied(ServiceException):
    """The caller may not do that; STS says so of roles that are not there, too."""

    code = "AccessDenied"


class IdentityResponse(TokenResponse):
    """One call to STS."""

    def assume_role(self) -> ActionResult:
        """Hand out a role's credentials, if there is such a role."""
        wanted = self._get_param("RoleArn")
        if wanted not in {role.arn for role in iam_backends[ACCOUNT]["aws"].roles.values()}:
            raise AccessDenied(f"User: {OPERATOR} is not authorized to perform: sts:AssumeRole on resource: {wanted}")
        return super().assume_role()

    @property
    def request_json(self) -> bool:
        """Return whether the caller wants JSON, as the Kubernetes side of a token does."""
        return "application/json" in str(self.headers.get("Accept", "")) or bool(super().request_json)

    def get_caller_identity(self) -> ActionResult:
        self._check_date()
        key = self.get_access_key()
        user, arn, account = self.backend.get_caller_identity(key, self.region)
        if arn.endswith(":user/moto"):
            user, arn = key, OPERATOR
        return ActionResult({"UserId": user, "Account": account, "Arn": arn})

    def _check_date(self) -> None:
        if "X-Amz-Date" not in self.querystring:
            return
        try:
            signed = datetime.strptime(self.querystring["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise SignatureExpired("X-Amz-Date is no date") from error
        if SystemClock().wall() > signed + PRESIGNED_FOR:
            raise SignatureExpired(f"Signature expired: it was made at {signed.isoformat()}")
