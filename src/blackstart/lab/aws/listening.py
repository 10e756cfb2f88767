"""The API's own port, taken before anything heavy is loaded: one in use ends the start at once."""

import socket

from blackstart.lab.layout import Layout
from blackstart.outcome import UsageError


def bind(layout: Layout) -> socket.socket:
    """Take the API's address; nobody can connect before the socket listens.

    Raises:
        UsageError: the address is in use or not there.

    """
    host, port = layout.api, layout.ports.api
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise UsageError(f"{host}:{port}: the AWS API cannot listen there ({error.strerror}); end what does") from error
    return bound
