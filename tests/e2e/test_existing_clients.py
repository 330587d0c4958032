"""A client older than upload forms: multipart in one request, naive times, offsets, a delete."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests import media
from tests.e2e.client import SUPPORTED, Caller


class OldClient:
    """A client that knows three operations and `detail`."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {token}"}

    def upload(self, name: str, data: bytes, content_type: str) -> str:
        files = {"file": (name, data, content_type)}
        response = httpx.post(f"{self.base_url}/api/v2/upload-asset", headers=self.headers, files=files, timeout=120)
        if response.status_code >= 400:
            raise ValueError(response.json()["detail"])
        assert response.json()["success"] is True
        return str(response.json()["url"])

    def uploaded_since(self, moment: datetime) -> list[str]:
        """`moment` is naive, in UTC."""
        parameters = {"limit": "50", "offset": "0"}
        url = f"{self.base_url}/api/v2/assets"
        body = httpx.get(url, headers=self.headers, params=parameters, timeout=120).json()
        return [a["url"] for a in body["assets"] if datetime.fromisoformat(a["uploaded_at"]) >= moment]

    def delete(self, url: str) -> bool:
        return bool(httpx.delete(url, headers=self.headers, timeout=120).json()["success"])


def test_a_client_older_than_forms_uploads_lists_and_deletes(alice: Caller) -> None:
    assert alice.token is not None
    client = OldClient(str(alice.http.base_url).rstrip("/"), alice.token)
    # As the deprecated datetime.utcnow() returned it.
    now = datetime.now(UTC).replace(tzinfo=None)
    image = client.upload("image.jpg", media.jpeg(), "image/jpeg")
    clip = client.upload("clip.mp4", media.mp4(), "video/mp4")
    assert httpx.get(image, timeout=120).content == media.jpeg()
    assert client.uploaded_since(now - timedelta(minutes=1)) == [clip, image]
    assert client.uploaded_since(now + timedelta(minutes=10)) == []
    assert client.delete(image)
    assert client.uploaded_since(now - timedelta(minutes=1)) == [clip]
    assert httpx.get(image, timeout=120).status_code == 404


def test_a_client_older_than_forms_shows_why_it_was_refused(alice: Caller) -> None:
    assert alice.token is not None
    client = OldClient(str(alice.http.base_url).rstrip("/"), alice.token)
    with pytest.raises(
        ValueError, match=rf"^Invalid file type: \.txt files are not supported\. Supported: {SUPPORTED}$"
    ):
        client.upload("note.txt", b"hello", "text/plain")
