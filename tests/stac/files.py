"""Files over HTTP, with ranges."""

import contextlib
import http.server
import mimetypes
import re
import threading


def handler(folder, otherwise):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = folder / self.path.split("?")[0].lstrip("/")
            if not path.is_file():
                path = otherwise
            if path is None:
                return self.send_error(404)
            content = path.read_bytes()
            found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
            status, whole = 200, len(content)
            if found and int(found[1]) < whole:
                status, first = 206, int(found[1])
                content = content[first : int(found[2]) + 1 if found[2] else whole]
            self.send_response(status)
            self.send_header("content-type", mimetypes.guess_type(path)[0] or "application/octet-stream")
            self.send_header("content-length", len(content))
            self.send_header("accept-ranges", "bytes")
            if status == 206:
                self.send_header("content-range", f"bytes {first}-{first + len(content) - 1}/{whole}")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    return Handler


@contextlib.contextmanager
def serving(folder, otherwise=None):
    """The URL of a folder; `otherwise`: the file in place of those that there are not."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(folder, otherwise)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
