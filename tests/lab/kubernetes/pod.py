# ruff: noqa: T201 - a container's log is what it prints
"""The process that stands for a container in these tests."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

state = {"/readyz": 200, "/healthz": 200}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, value = self.path.partition("?")
        if path == "/crash":
            os._exit(3)
        if path == "/set":  # /set?/readyz=503
            name, code = value.split("=")
            state[name] = int(code)
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(state.get(path, 200))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        if self.path not in state:
            print("asked", self.path, flush=True)


def main():
    if "stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("pod starts", flush=True)
    if "broken" in sys.argv:
        sys.exit(7)
    ThreadingHTTPServer((os.environ["POD_IP"], int(os.environ["PORT"])), Handler).serve_forever()


main()
