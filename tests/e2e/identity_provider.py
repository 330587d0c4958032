"""A stand-in for an identity provider, which publishes keys."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.serving import Handler, serving


@contextlib.contextmanager
def identity_provider(keys: Mapping[str, Any]) -> Iterator[str]:
    """Serve a JWKS with these keys' public halves, by algorithm, which is also their id; yield its URL."""
    converters: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm}
    entries = [
        {**converters[algorithm].to_jwk(key.public_key(), as_dict=True), "kid": algorithm, "alg": algorithm}
        for algorithm, key in keys.items()
    ]
    document = json.dumps({"keys": entries}).encode()

    class Provider(Handler):
        def do_GET(self) -> None:
            self.respond(200, document)

    with serving(Provider) as port:
        yield f"http://127.0.0.1:{port}/jwks.json"
