"""The service as its clients see it: only HTTP."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import jwt

from local import tokens
from local.state import StateDirectory
from tests.e2e.local_stack import LocalStack

SUPPORTED = "jpg, jpeg, png, gif, webp, mp4, mov"
PROBLEM_KEYS = {"type", "title", "status", "detail", "request_id"}
# Bounds a hang. Nothing takes nearly as long, even on a slow machine that runs other tests at the same time.
PATIENCE_SECONDS = 300

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with a token, or without one."""

    http: httpx.Client
    token: str | None

    @property
    def owner(self) -> str:
        """The owner that the token names."""
        return str(jwt.decode(self.token or "", options={"verify_signature": False})["sub"])

    def send(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> httpx.Response:
        """Send a request. `body` is passed to httpx: `json`, `files`, `content`, `params`."""
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, path, headers={**authorization, **(headers or {})}, **body)

    def upload(
        self, name: str, data: bytes, content_type: str | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """The small upload, in one request."""
        files = {"file": (name, data, content_type)}
        return self.send("POST", "/api/v2/upload-asset", files=files, headers=_idempotency(key))

    def ask_for_form(self, filename: str, *, key: str | None = None, **fields: Any) -> httpx.Response:
        """The first step of an upload of any size."""
        body = {"filename": filename, **fields}
        return self.send("POST", "/api/v2/upload-asset", json=body, headers=_idempotency(key))

    def complete(self, asset_id: str) -> httpx.Response:
        return self.send("POST", f"/api/v2/assets/{asset_id}/complete")

    def begin(self, filename: str, size_bytes: int, *, key: str | None = None, **fields: Any) -> httpx.Response:
        """The first step of an upload in parts."""
        body = {"filename": filename, "size_bytes": size_bytes, **fields}
        return self.send("POST", "/api/v2/uploads", json=body, headers=_idempotency(key))

    def sign_parts(self, asset_id: str, upload_id: str, numbers: Sequence[int], **fields: Any) -> httpx.Response:
        body = {"upload_id": upload_id, "part_numbers": numbers, **fields}
        return self.send("POST", f"/api/v2/uploads/{asset_id}/parts", json=body)

    def put_part(self, part: Mapping[str, Any], data: bytes, **headers: str) -> httpx.Response:
        return self.http.request(part["method"], part["url"], content=data, headers={**part["headers"], **headers})

    def show_upload(self, asset_id: str, upload_id: str) -> httpx.Response:
        return self.send("GET", f"/api/v2/uploads/{asset_id}", params={"upload_id": upload_id})

    def complete_parts(self, asset_id: str, upload_id: str) -> httpx.Response:
        return self.send("POST", f"/api/v2/uploads/{asset_id}/complete", json={"upload_id": upload_id})

    def abort_upload(self, asset_id: str, upload_id: str) -> httpx.Response:
        return self.send("DELETE", f"/api/v2/uploads/{asset_id}", params={"upload_id": upload_id})

    def list_assets(self, **parameters: str | int) -> httpx.Response:
        return self.send("GET", "/api/v2/assets", params=parameters)

    def listed_ids(self) -> list[str]:
        return [asset["asset_id"] for asset in succeeded(self.list_assets(limit=100), 200)["assets"]]

    def metadata(self, asset_id: str) -> httpx.Response:
        return self.send("GET", f"/api/v2/assets/{asset_id}/metadata")

    def delete(self, asset_id: str) -> httpx.Response:
        return self.send("DELETE", f"/api/v2/assets/{asset_id}")

    def generate(self, model_id: str = "stand-in/behaves", *, key: str | None = None, **fields: Any) -> httpx.Response:
        """`model_id` chooses how the stand-in for Replicate behaves."""
        body = {"prompt": "person waving hello", "model_id": model_id, **fields}
        return self.send("POST", "/api/v2/generate", json=body, headers=_idempotency(key))

    def job(self, job_id: str) -> httpx.Response:
        return self.send("GET", f"/api/v2/jobs/{job_id}")

    def list_jobs(self, **parameters: str | int) -> httpx.Response:
        return self.send("GET", "/api/v2/jobs", params=parameters)

    def cancel(self, job_id: str) -> httpx.Response:
        return self.send("POST", f"/api/v2/jobs/{job_id}/cancel")

    # What anyone may do.

    def get(self, asset_id: str, **headers: str) -> httpx.Response:
        """Read a public URL without a token. `headers` are keywords: `if_none_match` is `If-None-Match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.get(f"/api/v2/assets/{asset_id}", headers=named)

    def post(self, upload: Mapping[str, Any], data: bytes, **changed: str) -> httpx.Response:
        """Post `data` to S3 with a form, some of whose fields are `changed`."""
        fields = {**upload["fields"], **changed}
        return self.http.request(upload["method"], upload["url"], data=fields, files={"file": ("blob", data)})

    # Several steps.

    def uploaded(self, name: str, data: bytes, content_type: str | None = None) -> dict[str, Any]:
        """Upload a small file, and return the response once it is public."""
        return succeeded(self.upload(name, data, content_type), 201)

    def arrived(self, name: str, data: bytes, **fields: Any) -> dict[str, Any]:
        """Request a form and post `data` with it; return the response with the form."""
        response = succeeded(self.ask_for_form(name, **fields), 201)
        posted = self.post(response["upload"], data)
        assert posted.status_code == 201, posted.text
        return response

    def parts_sent(self, name: str, data: bytes, **fields: Any) -> tuple[str, str]:
        """Upload all parts of a file; return the asset id and the upload id."""
        begun = succeeded(self.begin(name, len(data), **fields), 201)
        asset_id, upload = begun["asset_id"], begun["upload"]
        numbers = range(1, upload["part_count"] + 1)
        for part in succeeded(self.sign_parts(asset_id, upload["id"], list(numbers)), 200)["parts"]:
            start = (part["part_number"] - 1) * upload["part_size"]
            sent = self.put_part(part, data[start : start + part["size"]])
            assert sent.status_code == 200, sent.text
        return asset_id, upload["id"]

    def generating(self, model_id: str = "stand-in/behaves", **fields: Any) -> str:
        """Start a job and return its id."""
        return str(succeeded(self.generate(model_id, **fields), 202)["job_id"])

    def erase(self) -> httpx.Response:
        return self.send("DELETE", "/api/v2/owner")

    def import_url(self, url: str, **fields: Any) -> httpx.Response:
        return self.send("POST", "/api/v2/assets/import", json={"url": url, **fields})

    def ended(self, job_id: str, *, patience_seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait until the job has ended, and return it."""

        def look() -> dict[str, Any] | None:
            job = succeeded(self.job(job_id), 200)
            return None if job["status"] in ("pending", "processing") else job

        return eventually(f"{job_id} ended", look, patience_seconds=patience_seconds, pause_seconds=0.2)


def someone(stack: LocalStack, http: httpx.Client) -> Caller:
    """Return a new owner, because the rate limit is per owner and all tests share a stack."""
    return Caller(http, tokens.issue(f"owner-{secrets.token_hex(8)}", jwt_secret(stack)))


def jwt_secret(stack: LocalStack) -> str:
    """Return the secret that signs the stack's tokens."""
    return tokens.secret_of(StateDirectory(stack.state).jwt_secret)


def succeeded(response: httpx.Response, status: int) -> dict[str, Any]:
    """Expect `status`, and return the response's JSON object."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert isinstance(body, dict)
    return body


def refused(response: httpx.Response, status: int) -> str:
    """Check the shape of an error (RFC 9457), and return its `detail`."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == PROBLEM_KEYS
    assert problem["status"] == status
    assert all(isinstance(problem[name], str) and problem[name] for name in PROBLEM_KEYS - {"status"})
    return str(problem["detail"])


def refused_by_s3(response: httpx.Response, status: int) -> str:
    """Return the error code in S3's XML."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    code = response.text.partition("<Code>")[2].partition("</Code>")[0]
    assert code, response.text
    return code


def eventually(
    what: str,
    look: Callable[[], Found | None],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    pause_seconds: float = 0.1,
) -> Found:
    """Repeat `look` until it returns something, and return that. Fails after `patience_seconds`."""
    deadline = time.monotonic() + patience_seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {patience_seconds} s: {what}"
        time.sleep(pause_seconds)
    return found


def _idempotency(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
