"""A local web server that serves files by byte range and simulates faults."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
        for name, value in {"Content-Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()
        self.write(body)

    def write(self, body):
        self.server.sent += len(body)  # before the client receives them, so that a test can reset the count
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """Serves `files` (by path, all with one `etag`); records `requests` as (path, headers) and `sent` body bytes."""

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = []
        self.files, self.script, self.requests, self.sent = {}, [], [], 0
        self.ranges, self.etag = True, '"1"'

    def at(self, path, user=""):
        return f"http://{user}127.0.0.1:{self.server_port}{path}"

    def starts(self):
        """Return the first byte of the range of each request."""
        return [int(re.match(r"bytes=(\d+)-", headers["Range"])[1]) for _, headers in self.requests]

    def get_request(self):
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request, client_address):
        pass  # the client closes the connection when it has enough bytes

    def server_close(self):
        for connection in self.connections:
            with suppress(OSError):  # already closed
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


@contextmanager
def running() -> Iterator[Server]:
    """Run a server in a thread until the block ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


Step = Callable[[Handler], None]


def serve(cut: int | None = None, pause: float = 0, **changed: str | None) -> Step:
    """Serve the requested file; after `cut` bytes close the connection or, with `pause`, wait that many seconds.

    `changed` replaces headers, with `_` for `-` in their names; None removes one.
    """

    def step(handler):
        body = handler.server.files.get(handler.path.partition("?")[0])
        if body is None:
            return handler.reply(404, {})
        headers = {"ETag": handler.server.etag}
        code = 200
        if handler.server.ranges and (span := re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))):
            start, stop = int(span[1]), min(int(span[2]) + 1, len(body))
            if start >= len(body):
                return handler.reply(416, {"Content-Range": f"bytes */{len(body)}"})
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
            body, code = body[start:stop], 206
        headers["Content-Length"] = len(body)
        if cut is not None or "Content_Length" in changed:
            headers["Connection"] = "close"  # otherwise a client may send its next request as the server closes
        handler.reply(code, headers | {name.replace("_", "-"): value for name, value in changed.items()}, body[:cut])
        if pause:
            sleep(pause)
            handler.write(body[cut:])

    return step


def drip(handler: Handler) -> None:
    """Serve the requested file, without ranges, byte by byte."""
    body = handler.server.files[handler.path]
    handler.reply(200, {"ETag": handler.server.etag, "Content-Length": len(body)})
    for byte in body:
        handler.write(bytes([byte]))


def status(code: int, **headers: str) -> Step:
    """Return a status and no body."""
    return lambda handler: handler.reply(code, {name.replace("_", "-"): value for name, value in headers.items()})


def slow(seconds: float) -> Step:
    """Serve the requested file after `seconds`."""

    def step(handler):
        sleep(seconds)
        serve()(handler)

    return step
