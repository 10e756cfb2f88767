"""The errors of Global Accelerator, by their names in AWS's model."""

from moto.core.exceptions import ServiceException


class AcceleratorNotFound(ServiceException):
    """No accelerator has that ARN."""

    code = "AcceleratorNotFoundException"
    message = "The accelerator was not found"


class AcceleratorNotDisabled(ServiceException):
    """It still takes traffic."""

    code = "AcceleratorNotDisabledException"
    message = "Disable the accelerator before you delete it"


class AssociatedListenerFound(ServiceException):
    """An accelerator with a listener cannot go."""

    code = "AssociatedListenerFoundException"
    message = "The accelerator still has a listener"


class AssociatedEndpointGroupFound(ServiceException):
    """A listener with an endpoint group cannot go."""

    code = "AssociatedEndpointGroupFoundException"
    message = "The listener still has an endpoint group"


class ListenerNotFound(ServiceException):
    """No listener has that ARN."""

    code = "ListenerNotFoundException"
    message = "The listener was not found"


class EndpointGroupNotFound(ServiceException):
    """No endpoint group has that ARN."""

    code = "EndpointGroupNotFoundException"
    message = "The endpoint group was not found"


class EndpointGroupAlreadyExists(ServiceException):
    """A listener has one endpoint group a region."""

    code = "EndpointGroupAlreadyExistsException"
    message = "The listener already has an endpoint group in that region"


class EndpointAlreadyExists(ServiceException):
    """An endpoint is in a group once."""

    code = "EndpointAlreadyExistsException"
    message = "The endpoint is already in the endpoint group"


class EndpointNotFound(ServiceException):
    """The group has no such endpoint."""

    code = "EndpointNotFoundException"
    message = "The endpoint is not in the endpoint group"


class InvalidSignature(ServiceException):
    """The call is signed for a region that has no Global Accelerator."""

    code = "InvalidSignatureException"
    message = "Credential should be scoped to a valid region: Global Accelerator is called in us-west-2"


class InvalidArgument(ServiceException):
    """A value is out of its range, or names nothing."""

    code = "InvalidArgumentException"
    message = "An argument is invalid"


class InvalidPortRange(ServiceException):
    """The data plane does not listen there."""

    code = "InvalidPortRangeException"
    message = "The port range is invalid"


class LimitExceeded(ServiceException):
    """The data plane has one accelerator."""

    code = "LimitExceededException"
    message = "The lab has one accelerator with one listener"
