"""Stands in for an identity provider: it publishes keys."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from jwt.algorithms import ECAlgorithm, RSAAlgorithm


@contextlib.contextmanager
def identity_provider(keys: Mapping[str, Any]) -> Iterator[str]:
    """The URL of a JWKS with these keys' public halves, by algorithm, which is also their id."""
    converters: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm}
    entries = [
        {**converters[algorithm].to_jwk(key.public_key(), as_dict=True), "kid": algorithm, "alg": algorithm}
        for algorithm, key in keys.items()
    ]
    document = json.dumps({"keys": entries}).encode()

    class Provider(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        finally:
            server.shutdown()
            thread.join()
