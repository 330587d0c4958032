"""Commands that change, import, find and follow assets: their requests, output and exit status."""

import base64
import hmac
import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from asset_upload_client import AssetClient
from asset_upload_client.cli import app as application
from asset_upload_client.cli import durations, events
from asset_upload_client.cli.context import Context
from tests.unit.clients.scripted_service import ASSET, BASE, ID, PATIENT, Service, ok, problem

OTHER_ID = ID.replace("a0-", "a1-")
URL = f"{BASE}/api/v2/assets/{ID}"
SECRET = "whsec_" + base64.b64encode(b"secret").decode()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command against a scripted service."""

    def command(service: Service, *arguments: str) -> Result:
        def client(context: Context, *, needs_token: bool = True) -> AssetClient:  # noqa: ARG001
            return AssetClient(BASE, "token", retries=PATIENT, transport=httpx.MockTransport(service))

        monkeypatch.setattr(Context, "client", client)
        return CliRunner().invoke(application.app, arguments)

    return command


def sent(service: Service, index: int = -1) -> Any:
    return json.loads(service.requests[index].content)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("12H", 43200), (" 7d ", 604800), ("never", None)]
)
def test_durations_parse(text: str, seconds: int | None) -> None:
    assert durations.seconds_or_never(text) == seconds


@pytest.mark.parametrize("text", ["", "7 days", "-1", "1.5h", "\u0667d", "1e3", "9999999999"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        durations.seconds(text)


def test_tags_are_added_to_existing_tags(run: Any) -> None:
    service = Service(ok({**ASSET, "tags": ["old", "draft"]}), ok({**ASSET, "tags": ["old", "new"]}))
    assert run(service, "tag", URL, "new", "old", "--remove", "draft").exit_code == 0
    assert sent(service) == {"tags": ["old", "new"]}


def test_clearing_tags_needs_one_request(run: Any) -> None:
    service = Service(ok(ASSET))
    assert run(service, "tag", ID, "--clear").exit_code == 0
    assert sent(service) == {"tags": []}


def test_tagging_without_a_tag_is_a_usage_error(run: Any) -> None:
    assert run(Service(), "tag", ID).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (("rename", ID, "n.png"), {"filename": "n.png"}),
        (("expire", ID, "1h"), {"expires_in": 3600}),
        (("expire", ID, "never"), {"expires_in": None}),
    ],
)
def test_a_change_sends_only_the_changed_field(run: Any, arguments: tuple[str, ...], body: dict[str, Any]) -> None:
    service = Service(ok(ASSET))
    assert run(service, *arguments).exit_code == 0
    assert sent(service) == body


def test_lists_are_filtered_by_tag_and_name(run: Any) -> None:
    service = Service(ok({"success": True, "assets": [ASSET], "limit": 50, "offset": 0, "next_cursor": None}))
    assert run(service, "list", "--tag", "t", "--search", "q").exit_code == 0
    assert {**service.requests[0].url.params} == {"limit": "50", "offset": "0", "tag": "t", "q": "q"}


def test_many_assets_are_deleted_in_one_request_and_reported_individually(run: Any) -> None:
    service = Service(ok({"success": True, "deleted": [ID], "not_found": [OTHER_ID]}))
    result = run(service, "delete", "--yes", "--json", URL, OTHER_ID)
    assert service.sent == ["POST /api/v2/assets/delete"]
    assert [(each["asset_id"], each["success"]) for each in json.loads(result.stdout)] == [
        (ID, True),
        (OTHER_ID, False),
    ]
    assert result.exit_code == 4


def test_a_service_out_of_reach_has_an_exit_code_of_its_own(run: Any) -> None:
    result = run(Service(*(httpx.ConnectError("refused") for _ in range(PATIENT.tries))), "list")
    assert result.exit_code == 5


def test_a_refused_import_does_not_stop_the_others(run: Any) -> None:
    begun = {"success": True, "job_id": "j", "asset_id": ID, "status": "pending"}
    job = {"job_id": "j", "kind": "import", "status": "completed", "created_at": "", "completed_at": "", "asset_id": ID,
           "asset_url": URL, "video_url": None, "error_message": None}  # fmt: skip
    service = Service(problem(422, "invalid-request", "url: private"), ok(begun, 202), ok(job))
    result = run(service, "import", "http://10.0.0.1/", "https://example.com/a.png", "--tag", "t", "--expires-in", "1d")
    assert result.stdout == f"{URL}\n"
    assert "url: private" in result.stderr
    assert result.exit_code == 1
    assert sent(service, 1) == {"url": "https://example.com/a.png", "tags": ["t"], "expires_in": 86400}


@pytest.mark.parametrize(
    ("arguments", "file_type", "rendition"),
    [
        (("frame", URL, "last"), None, "frame-last.png"),
        (("frame", ID, "first", "-w", "640"), None, "frame-first-w640.webp"),
        (("thumbnail", ID), "image/png", "w320.webp"),
        (("thumbnail", ID, "-w", "160"), "video/mp4", "frame-poster-w160.webp"),
    ],
)
def test_the_url_of_a_rendition_is_printed(
    run: Any, arguments: tuple[str, ...], file_type: str | None, rendition: str
) -> None:
    service = Service(*([ok({**ASSET, "file_type": file_type})] if file_type else []))
    assert run(service, *arguments).stdout == f"{URL}/{rendition}\n"


def test_an_erasure_reports_the_number_of_assets(run: Any) -> None:
    job = {"job_id": "j", "kind": "erasure", "status": "completed", "created_at": "", "completed_at": "",
           "deleted_assets": 7, "asset_id": None, "video_url": None, "error_message": None}  # fmt: skip
    result = run(Service(ok({"success": True, "job_id": "j"}, 202), ok(job)), "erase", "--yes")
    assert result.stdout == "Erased 7 assets\n"


def test_usage_shows_quotas_if_set(run: Any) -> None:
    limits = {"max_upload_bytes": 52428800, "uploads_per_minute": 10, "generations_per_minute": 10,
              "max_bytes": None, "max_assets": 5}  # fmt: skip
    result = run(Service(ok({"success": True, "assets": 2, "bytes": 3072, "limits": limits})), "usage")
    assert "2 of 5" in result.stdout
    assert "3.0 kB" in result.stdout
    assert "50 MB" in result.stdout


@pytest.fixture
def receiver() -> Iterator[int]:
    """The port of a running webhook receiver."""
    handler = type("Receiver", (events._Receiver,), {"secrets": (SECRET,), "as_json": True})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_verified_event_is_printed_and_a_forged_one_is_not(receiver: int, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"type": "asset.deleted", "timestamp": "2026-01-01T00:00:00Z", "data": {"asset_id": "\x1b[2J"}})
    now = str(int(time.time()))
    digest = hmac.digest(b"secret", f"m.{now}.{body}".encode(), "sha256")
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    assert [_post(receiver, body, headers), _post(receiver, body, {**headers, "webhook-id": "n"})] == [204, 400]
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"id": "m", **json.loads(body)}
    assert "\x1b" not in printed


@pytest.mark.parametrize("length", ["x", "-1", "99999999", "٣"])
def test_a_body_of_unknown_or_excessive_length_is_not_read(receiver: int, length: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", receiver, timeout=60)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", length.encode())
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def _post(port: int, body: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
