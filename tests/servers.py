"""A local web server that serves files by byte range and simulates faults."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep  # the real one, even in a test that replaces time.sleep


class Handler(BaseHTTPRequestHandler):
    """Answer each request with the next step of the server's script, or with `serve` after the last step."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # send head and body in one packet; with two, each reply waits 40 ms for an acknowledgement

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        step = self.server.script.pop(0) if self.server.script else serve()
        step(self)

    def reply(self, code, headers, body=b""):
        self.send_response(code)
        for name, value in ({"Content_Length": len(body)} | headers).items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.server.sent += len(body)  # before the client receives them, so that a test can reset the count
        self.wfile.write(body)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Serves `files` by path; records `requests` as (path, headers) and `sent` body bytes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.script, self.requests, self.sent, self.ranges = {}, [], [], 0, True

    def at(self, path, user=""):
        return f"http://{user}127.0.0.1:{self.server_port}{path}"

    def starts(self):
        """Return the first byte of the range of each request."""
        return [int(re.match(r"bytes=(\d+)-", headers["Range"])[1]) for _, headers in self.requests]

    def handle_error(self, request, client_address):
        pass  # the client closes the connection when it has enough bytes


@contextmanager
def running():
    """Run a server in a thread until the block ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def serve(cut=None, pause=0, **changed):
    """Serve the requested file; after `cut` bytes wait `pause` seconds and close the connection.

    `changed` replaces headers, with `_` for `-` in their names; None removes one.
    """

    def step(handler):
        body = handler.server.files.get(handler.path.partition("?")[0])
        if body is None:
            return handler.reply(404, {})
        headers, code, length = {"ETag": '"1"'}, 200, len(body)
        if handler.server.ranges:
            first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers["Range"]).groups())
            if first >= length:
                return handler.reply(416, {})
            headers["Content_Range"] = f"bytes {first}-{min(last, length - 1)}/{length}"
            body, code = body[first : last + 1], 206
        if cut is not None or "Content_Length" in changed:
            headers["Connection"] = "close"  # otherwise a client may send its next request as the server closes
        handler.reply(code, {"Content_Length": len(body)} | headers | changed, body[:cut])
        sleep(pause)

    return step


def status(code, **headers):
    """Return a status and no body."""
    return lambda handler: handler.reply(code, headers)
