"""`assets upload`, `login` and other first commands: files, folders, the progress bar, errors, line widths."""

import io
import json
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner, Result

from asset_upload_client import AssetClient, AsyncAssetClient, Wait, errors
from asset_upload_client.cli import exit_codes, files, output, progress, settings
from asset_upload_client.cli.app import app, main
from asset_upload_client.cli.context import Context, reported
from tests import machine, media
from tests.unit.clients.scripted_service import ASSET, BASE, ID, JOB, PAGE, PATIENT, UPLOADED, Service, ok, problem

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a separate folder against a scripted service."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("ASSETS_URL", "ASSETS_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def command(service: Service, *arguments: str, given: str | bytes | None = None) -> Result:
        transport = httpx.MockTransport(service)

        def client(context: Context, *, needs_token: bool = True) -> AssetClient:
            return AssetClient(*context._address(needs_token=needs_token), retries=PATIENT, transport=transport)

        def async_client(context: Context, on_wait: Any) -> AsyncAssetClient:
            address = context._address(needs_token=True)
            return AsyncAssetClient(*address, retries=PATIENT, transport=transport, on_wait=on_wait)

        monkeypatch.setattr(Context, "client", client)
        monkeypatch.setattr(Context, "async_client", async_client)
        return CliRunner().invoke(app, arguments, input=given)

    return command


def with_token(*arguments: str) -> tuple[str, ...]:
    return ("--url", BASE, "--token", "t", *arguments)


def uploads(number: int) -> Service:
    return Service(*[each for _ in range(number) for each in (ok(UPLOADED, 201), ok(ASSET))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, a note, a hidden image, and a folder with another image and a link back."""
    inner = tmp_path / "photos" / "inner"
    inner.mkdir(parents=True)
    for name in ("photos/a.png", "photos/b.PNG", "photos/.hidden.png", "photos/inner/c.png"):
        (tmp_path / name).write_bytes(media.png())
    (tmp_path / "photos" / "note.txt").touch()
    (inner / "again").symlink_to(tmp_path / "photos")
    return tmp_path / "photos"


def test_folders_patterns_and_files_expand_to_distinct_files(folder: Path) -> None:
    flat = files.expand([str(folder), f"{folder}/*.png", f"{folder}/a.png"], recursive=False)
    assert [path.name for path in flat.paths] == ["a.png", "b.PNG"]
    assert flat.skipped == 1
    deep = files.expand([str(folder)], recursive=True)
    assert [path.name for path in deep.paths] == ["a.png", "b.PNG", "c.png"]
    assert files.expand([f"{folder}/*/c.png"], recursive=False).paths == [folder / "inner" / "c.png"]
    bracketed = folder / "a[1].png"
    bracketed.touch()
    assert files.expand([str(bracketed)], recursive=False).paths == [bracketed]


def test_an_empty_folder_or_pattern_is_an_error(tmp_path: Path) -> None:
    found = files.expand([str(tmp_path), f"{tmp_path}/*.mov"], recursive=False)
    assert [str(failure.error).split(". ")[0] for failure in found.failures] == [
        f"{tmp_path}: the folder has no images or videos; --recursive looks into its folders, too",
        f"{tmp_path}/*.mov: no file matches it",
    ]


def test_a_folder_is_uploaded(run: Run, folder: Path) -> None:
    result = run(uploads(3), *with_token("upload", "-r", "--concurrency", "1", str(folder)))
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\tu\n") == 3
    assert "Skipped: 1 file of" in result.stderr


def test_standard_input_needs_a_name(run: Run) -> None:
    assert "--name" in run(Service(), *with_token("upload", "-"), given=b"x").stderr
    service = uploads(1)
    result = run(service, *with_token("upload", "-", "--name", "in.png", "--private"), given=media.png())
    assert result.stdout == "in.png\tu\n"
    body = service.requests[0].read()
    assert media.png() in body
    assert b'name="visibility"\r\n\r\nprivate' in body


def test_one_file_can_have_another_name(run: Run, image: Path) -> None:
    service = uploads(1)
    assert run(service, *with_token("upload", str(image), "--name", "other.png")).exit_code == 0
    assert b'filename="other.png"' in service.requests[0].read()
    assert run(Service(), *with_token("upload", str(image), "b.png", "--name", "x.png")).exit_code == 2


def test_an_error_names_its_file_once_and_has_json_details(run: Run, image: Path) -> None:
    refused = problem(400, "invalid-file-type", "Invalid file type")
    result = run(Service(refused), *with_token("upload", "--json", str(image), "none.png", "--concurrency", "1"))
    first, missing = json.loads(result.stdout)
    assert first.items() >= {"success": False, "type": "InvalidFileType", "status": 400, "request_id": "r-1"}.items()
    assert missing["type"] == "FileNotReadable"
    assert result.stderr.count("none.png") == 1
    assert f"{image}: Invalid file type. Convert the file" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "service", "code", "kind"),
    [
        (("get", ID, "--json"), Service(problem(404, "asset-not-found", "Asset not found")), 4, "AssetNotFound"),
        (("usage", "--json"), Service(problem(401, "invalid-token", "Invalid")), 3, "NotAuthenticated"),
        (("tag", ID, "--json"), Service(), 2, "UsageError"),
    ],
)
def test_errors_are_json_if_requested(
    run: Run, arguments: tuple[str, ...], service: Service, code: int, kind: str
) -> None:
    result = run(service, *with_token(*arguments))
    assert (result.exit_code, json.loads(result.stdout)["type"]) == (code, kind)
    assert result.stderr
    assert run(Service(ok(ASSET)), *with_token("get", ID)).stdout.startswith("asset_id")


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "words"),
    [
        (("list", "--jsn", "--json"), 2, "UsageError", "No such option: --jsn"),
        (("upload", "--json"), 2, "UsageError", "Missing argument"),
        (("list", "--limit", "x", "--json"), 2, "UsageError", "Invalid value for '--limit'"),
        (("frobnicate", "--json"), 2, "UsageError", "No such command 'frobnicate'"),
        (("delete", ID, "--json"), 1, "Aborted", "Not confirmed"),
    ],
)
def test_usage_errors_are_json_if_requested(
    arguments: tuple[str, ...],
    code: int,
    kind: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["assets", *arguments])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = json.loads(capsys.readouterr().out.strip())
    assert (stopped.value.code, printed["success"], printed["type"]) == (code, False, kind)
    assert words in printed["error"]
    monkeypatch.setattr("sys.argv", [argument for argument in ("assets", *arguments) if argument != "--json"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr().out.strip()) == (code, "")


def test_a_missing_asset_does_not_stop_the_others_from_being_shown(run: Run) -> None:
    service = Service(ok(ASSET), problem(404, "asset-not-found", "Asset not found"), ok(ASSET))
    result = run(service, *with_token("get", "--json", ID, "x", f"{BASE}/api/v2/assets/{ID}"))
    assert [each.get("type") for each in json.loads(result.stdout)] == [None, "AssetNotFound", None]
    assert result.exit_code == 4


def test_downloading_many_assets_requires_a_folder(run: Run, tmp_path: Path) -> None:
    headers = {"Content-Type": "image/png", "Content-Disposition": 'inline; filename="a.png"'}
    owned = ok({**ASSET, "size_bytes": 3})
    responses = [each for _ in range(2) for each in (owned, httpx.Response(200, content=b"abc", headers=headers))]
    result = run(Service(*responses), *with_token("get", ID, ID, "-o", str(tmp_path)))
    assert result.stdout == f"{tmp_path}/a.png\n{tmp_path}/a (1).png\n"
    assert run(Service(), *with_token("get", ID, ID, "-o", "file.png")).exit_code == 2


def test_an_asset_can_be_written_to_standard_output(run: Run) -> None:
    service = Service(ok({**ASSET, "size_bytes": 3}), httpx.Response(200, content=b"\x00\xff\n"))
    assert run(service, *with_token("get", ID, "-o", "-")).stdout_bytes == b"\x00\xff\n"


def test_a_login_is_verified_and_stored_privately(run: Run, tmp_path: Path) -> None:
    result = run(Service(ok(PAGE)), "login", given=f"{BASE}/api/v2/\nsecret-token\n")
    assert result.exit_code == 0, result.output
    assert "secret-token" not in result.output
    path = tmp_path / "config" / "assets" / "config.toml"
    assert settings.load(None, None) == settings.Settings(BASE, "secret-token")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    refused = Service(problem(401, "invalid-token", "Invalid or expired token"))
    assert run(refused, "login", "--url", BASE, "--token", "other").exit_code == 3
    assert settings.load(None, None).token == "secret-token"
    service = Service(ok(ASSET))
    run(service, "get", ID)
    assert service.requests[0].headers["Authorization"] == "Bearer secret-token"
    assert run(Service(), "logout").exit_code == 0
    assert settings.load(None, None) == settings.Settings(BASE, None)
    assert "assets login" in run(Service(), "list").stderr


def test_the_environment_takes_precedence_over_a_login(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETS_TOKEN", "theirs")
    result = run(Service(ok(PAGE)), "login", "--url", BASE, "--token", "-", given="mine\n")
    assert "ASSETS_TOKEN is set to something else and takes precedence" in result.stderr
    assert settings.load(None, None).token == "theirs"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://h", "http://h/api/v2/assets"])
def test_a_login_with_an_invalid_url_is_refused(run: Run, url: str) -> None:
    assert run(Service(), "login", "--url", url, "--token", "t").exit_code == 2


def test_stored_settings_round_trip(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    values = {"url": "http://h", "token": 'a"b\\c\u00e9\n\x7f'}
    settings.keep(values, environment)
    assert settings.kept(environment) == values


def test_the_version_is_printed(run: Run) -> None:
    assert run(Service(), "--version").stdout == "assets 0.1.0\n"


def test_a_signed_url_is_printed(run: Run) -> None:
    service = Service(ok({"success": True, "url": "https://signed", "expires_at": ""}))
    result = run(service, *with_token("url", ID, "--expires", "15m", "--rendition", "w640.webp"))
    assert result.stdout == "https://signed\n"
    assert json.loads(service.requests[0].content) == {"expires_in": 900, "rendition": "w640.webp"}


def test_the_visibility_is_changed(run: Run) -> None:
    service = Service(ok(ASSET))
    assert run(service, *with_token("visibility", ID, "private")).exit_code == 0
    assert json.loads(service.requests[0].content) == {"visibility": "private"}


def terminal(columns: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=columns, color_system=None, highlight=False)


def drawn(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_sixty_files_share_one_progress_bar(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(60)]
    for path in paths:
        path.write_bytes(b"x" * 100_000)
    console = terminal()
    began = time.process_time()
    with progress.FilesBar(paths, console) as bar:
        for path in paths:
            for sent in range(0, 100_001, 1000):
                bar.advanced(path, sent, 100_000)
            bar.ended(path)
    spent = time.process_time() - began
    assert "60 of 60" in drawn(console)
    assert "5.7 MB of 5.7 MB" in drawn(console)
    assert spent < machine.slowness()


def test_a_pause_shows_its_reason_and_duration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wait = Wait(41.4, "for the upload rate limit")
    console = terminal()
    with progress.FilesBar([tmp_path / "a.png"], console) as bar:
        bar.waiting(wait)
    assert re.search(r"0 of 1 .* waiting 41 s, until \d\d:\d\d:\d\d, for", drawn(console))
    assert max(len(Text.from_ansi(line)) for line in drawn(console).splitlines()) <= 80
    with progress.FilesBar([tmp_path / "a.png"]) as bar:
        for _ in range(4):
            bar.waiting(wait)
        bar.waiting(Wait(0.1, wait.reason))
    printed = capsys.readouterr().err
    assert re.fullmatch(r"Waiting for the upload rate limit until \d\d:\d\d:\d\d\n", printed)


def test_progress_of_downloads_and_jobs_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    console = terminal()
    monkeypatch.setattr(output, "messages", console)
    with output.bytes_progress() as bar:
        bar.update(bar.add_task(ID, total=50 * 1024**2), completed=25 * 1024**2)
    with output.waiting_progress(900) as waiting:
        waiting.add_task("The job is processing", total=None)
    assert "25 MB of 50 MB" in drawn(console)
    assert "The job is processing 0:00:00 of at most 900 s" in drawn(console)
    assert max(len(Text.from_ansi(line)) for line in drawn(console).splitlines()) <= 80


def commands() -> list[tuple[str, ...]]:
    names = [command.name for command in app.registered_commands if command.name]
    return [(), *((name,) for name in names), *(("jobs", name) for name in ("list", "show", "wait", "cancel"))]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_help_of_a_command_fits_80_columns_and_has_an_example(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"], terminal_width=80, env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert "Example: " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    if not command:
        for code in (0, exit_codes.FAILED, exit_codes.USAGE, 3, 4, 5, 6, 7, exit_codes.INTERRUPTED):
            assert f"\n    {code} " in result.stdout


def test_tables_fit_80_columns_on_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    console = terminal()
    monkeypatch.setattr(output, "people", console)
    long = "A very long name of a picture of the beach at dusk, " * 3 + ".jpg"
    asset: Any = {**ASSET, "filename": long, "uploaded_at": "2025-11-15T12:34:56", "size_bytes": 52_428_800}
    output.print_assets([asset])
    job: Any = {**JOB, "prompt": long, "created_at": "2025-11-15T12:34:56", "status": "processing"}
    output.print_jobs([job])
    lines = drawn(console).splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 80
    assert [ID in line and "2025-11-15 12:34" in line and "…" in line for line in lines] == [False, True, False, True]


def test_names_are_not_truncated_in_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    long = "A very long name " * 20 + ".jpg"
    asset: Any = {**ASSET, "filename": long}
    output.print_assets([asset])
    assert long in capsys.readouterr().out


def test_messages_wrap_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    message = str(errors.QuotaExceeded("Quota exceeded: at most 1,000 assets"))
    output.print_error(message)
    assert capsys.readouterr().err == f"{message}\n"
    console = terminal()
    monkeypatch.setattr(output, "messages", console)
    output.print_error(message)
    lines = drawn(console).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines) == message


def test_settings_are_private_even_under_a_loose_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = settings.keep({"token": "t"}, {"XDG_CONFIG_HOME": str(tmp_path)})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settings_that_cannot_be_stored_are_a_usage_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    result = run(Service(), "login", "--url", BASE, "--token", "t")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be read" in result.stderr
    monkeypatch.setattr(settings, "_write", mock.Mock(side_effect=PermissionError(13, "Permission denied")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = run(Service(ok(PAGE)), "login", "--url", BASE, "--token", "t")
    assert result.exit_code == 2
    assert "cannot be written: Permission denied. Set ASSETS_URL and ASSETS_TOKEN instead" in result.stderr


def test_a_user_without_a_home_folder_needs_no_settings_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", mock.Mock(side_effect=RuntimeError))
    assert run(Service(ok(PAGE)), *with_token("list")).exit_code == 0
    result = run(Service(), "list")
    assert result.exit_code == 2
    assert "set HOME or XDG_CONFIG_HOME" in result.stderr


def test_a_closed_pipe_ends_a_download_to_standard_output_in_silence() -> None:
    with pytest.raises(BrokenPipeError), reported():
        raise errors.FileNotWritable("The output cannot be written") from BrokenPipeError()
