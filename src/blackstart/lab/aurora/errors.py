"""What can go wrong with the lab's Aurora."""

from blackstart.outcome import BlackstartError


class AuroraError(BlackstartError):
    """A database of the lab cannot be set up, started or brought back: the message says which and where its log is."""


class ProgramError(AuroraError):
    """One of PostgreSQL's programs failed. ``code``: its exit code, negative for a signal; ``said``: its words."""

    def __init__(self, message: str, code: int, said: str) -> None:
        super().__init__(message)
        self.code, self.said = code, said


class GlobalClusterStateError(BlackstartError):
    """The global cluster is in no state for what was asked. ``code`` is the AWS error code."""

    code = "InvalidGlobalClusterStateFault"


class ClusterStateError(BlackstartError):
    """A region's cluster, or one of its instances, is in no state for what was asked. ``code`` is AWS's."""

    def __init__(self, message: str, code: str = "InvalidDBClusterStateFault") -> None:
        super().__init__(message)
        self.code = code
