"""A deployment from its clients' point of view, and the files uploaded so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

# The service promises a few seconds; cold starts and busy machines add to them.
PATIENCE_SECONDS = 60


class BrokenPromiseError(Exception):
    """A promise does not hold."""


@dataclass(frozen=True)
class Asset:
    """An uploaded file."""

    asset_id: str
    url: str
    name: str
    content_type: str
    data: bytes


@dataclass
class Deployment:
    """The deployment at `url`, which has no path. `origin` is another origin that may call the API.

    `model` is the model to generate a video with; empty to avoid its price. `throwaway_token` is a token of an owner
    who may be erased; empty to skip the erasure.
    """

    url: str
    token: str
    http: httpx.Client
    origin: str
    model: str = ""
    throwaway_token: str = ""
    assets: dict[str, Asset] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def is_on_aws(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    def throwaway(self) -> "Deployment":
        """Return the deployment with the token of the owner who may be erased."""
        return replace(self, token=self.throwaway_token, assets={})

    def asset(self, name: str) -> Asset:
        """Return an earlier upload."""
        expect(name in self.assets, f"{name} was not uploaded")
        return self.assets[name]

    def anyone(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request without a token; `path` may be a URL."""
        return self.http.request(method, path if path.startswith("http") else self.url + path, **request)

    def owner(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request with the token; after a 429, wait as long as it says and retry once."""
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        response = self.anyone(method, path, headers=headers, **request)
        if response.status_code == 429:
            time.sleep(int(response.headers["Retry-After"]))
            response = self.anyone(method, path, headers=headers, **request)
        return response


def expect(holds: object, otherwise: str) -> None:
    """Raise BrokenPromiseError with the text `otherwise` unless `holds`."""
    if not holds:
        raise BrokenPromiseError(otherwise)


def succeeded(response: httpx.Response, status: int) -> Any:
    """Expect this status, and return the response's JSON, if any."""
    where = f"{response.request.method} {response.request.url.copy_with(query=None)}"
    expect(
        response.status_code == status,
        f"{where} returned {response.status_code}: {response.text[:200] or '-'}",
    )
    return response.json() if "json" in response.headers.get("content-type", "") else None


def refused(response: httpx.Response, status: int) -> str:
    """Expect an error with this status, and return its detail."""
    problem = succeeded(response, status)
    content_type = response.headers.get("content-type", "none")
    expect(isinstance(problem, dict), f"the {status} is not JSON but {content_type}")
    expect(isinstance(problem.get("detail"), str), f"the {status} has no detail")
    return str(problem["detail"])


def header(response: httpx.Response, name: str, value: str) -> None:
    """Expect a header that contains `value`."""
    actual = response.headers.get(name, "")
    expect(value.lower() in actual.lower(), f"{name} is {actual or 'missing'}, not {value}")


def eventually(goal: str, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Call `holds` until it returns True. Raises BrokenPromiseError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        expect(time.monotonic() < deadline, f"not {goal} within {seconds:.0f} s")
        time.sleep(0.5)
