"""An OAuth issuer on loopback that serves the documents of a test, and counts their reads."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Issuer:
    """Its documents by path, and the paths of the requests that it got."""

    def __init__(self, address):
        self.address = address
        self.documents = {}
        self.requests = []

    def publish(self, *jwks, path="/.well-known/oauth-authorization-server", issuer=None):
        """Serves the metadata at a path, and these keys."""
        metadata = {"issuer": issuer or self.address, "jwks_uri": f"{self.address}/jwks"}
        self.documents = {path: metadata, "/jwks": {"keys": list(jwks)}}


@contextlib.contextmanager
def serving_issuer():
    """Serves an issuer without documents, which returns 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            issuer.requests.append(self.path)
            document = issuer.documents.get(self.path)
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(404 if document is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):  # noqa: A002 - of the standard library
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
