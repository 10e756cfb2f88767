"""The process that serves the lab's AWS API."""

import gc
import socket
import sys
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import LISTEN_QUEUE, BaseWSGIServer, make_server

from blackstart.lab.aws import injection, seed, tagging
from blackstart.lab.aws.accelerator.responses import AcceleratorResponse
from blackstart.lab.aws.alarms.watch import Watch
from blackstart.lab.aws.context import Context, enter
from blackstart.lab.aws.endpoint import Endpoint, Moto
from blackstart.lab.aws.extensions import application


class Handler(MotoRequestHandler):
    """moto's handler, quieter and with calls that end without an answer."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Write nothing: the endpoint has a line of its own for each call."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """End the connection: werkzeug would wait for the next request on it."""
        self.close_connection = True


def serve(context: Context, bound: socket.socket) -> None:
    """Seed the lab's resources, listen, print ``ready``, and answer until the process is ended."""
    enter(context)
    tagging.install(context.layout.regions)
    injection.install()
    resources = seed.build(context)
    gc.collect()
    gc.freeze()
    gc.enable()
    answering = Endpoint(context, Moto(application), {"globalaccelerator": AcceleratorResponse})
    Watch(context, answering.turn("monitoring"), _balancers(resources)).begin()
    server = _listen(answering, bound)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout = sys.stderr  # moto prints, and nobody reads the pipe from here on
    server.serve_forever()


def _balancers(resources: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {name: (each["load_balancer_arn"], each["target_group_arn"]) for name, each in resources["regions"].items()}


def _listen(answering: Endpoint, bound: socket.socket) -> BaseWSGIServer:
    bound.listen(LISTEN_QUEUE)
    host, port = bound.getsockname()
    return make_server(host, port, answering, threaded=True, request_handler=Handler, fd=bound.detach())
