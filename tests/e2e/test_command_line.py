"""The command `assets` against the whole stack."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests import media
from tests.e2e.client import Caller, jwt_secret
from tests.e2e.command_line import CommandLine
from tests.e2e.cutting_proxy import Fault, cutting_proxy
from tests.e2e.local_stack import LocalStack

NO_ID = "0199d1a0-0000-7000-8000-000000000000"


@pytest.fixture
def assets(stack: LocalStack, alice: Caller, tmp_path: Path) -> CommandLine:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(media.png())
    return CommandLine(stack.url, str(alice.token), tmp_path)


def test_the_command_uploads_lists_downloads_and_deletes(assets: CommandLine, tmp_path: Path) -> None:
    output, _ = assets.run("upload", "a.png")
    name, url = output.strip().split("\t")
    asset_id = url.rpartition("/")[2]
    assert name == "a.png"
    listed, _ = assets.run("list")
    assert asset_id in listed
    assert "a.png" in listed
    assert asset_id in assets.run("get", asset_id)[0]
    assets.run("get", url, "--output", "there.png")
    assert (tmp_path / "there.png").read_bytes() == media.png()
    assert "already exists" in assets.run("get", url, "--output", "there.png", status=1)[1]
    assets.run("get", url, "--output", "there.png", "--force")
    assert assets.run("get", url, "--output", ".")[0] == "a (1).png\n"
    assets.run("delete", "--yes", asset_id)
    assets.run("get", asset_id, status=4)


def test_the_command_prints_json(assets: CommandLine) -> None:
    uploaded = json.loads(assets.run("upload", "--json", "a.png", "b.png")[0])
    assert [upload["filename"] for upload in uploaded] == ["a.png", "b.png"]
    everything = json.loads(assets.run("list", "--json", "--all")[0])["assets"]
    assert {asset["asset_id"] for asset in everything} == {upload["asset_id"] for upload in uploaded}
    deleted = json.loads(assets.run("delete", "--json", "--yes", uploaded[0]["asset_id"])[0])
    assert deleted[0]["success"] is True


def test_files_that_cannot_be_uploaded_do_not_stop_the_others(assets: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("hello")
    output, errors = assets.run("upload", "a.png", "c.txt", "missing.png", status=1)
    assert output.startswith("a.png\thttp")
    assert "Invalid file type: c.txt" in errors
    assert errors.count("missing.png") == 1


def test_each_kind_of_error_has_its_exit_code(assets: CommandLine) -> None:
    assets.run("list", "--limit", "1000", status=2)
    assets.run("--url", "nowhere", "list", status=2)
    assets.run("--token", "none", "list", status=3)
    assets.run("delete", "--yes", NO_ID, status=4)
    assets.run("jobs", "show", NO_ID, status=4)


def test_the_command_reads_settings_from_a_file(assets: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    file = tmp_path / "assets" / "config.toml"
    file.write_text(f'url = "{assets.url}"\ntoken = "{assets.token}"\n')
    unset = CommandLine("", "", tmp_path)
    unset.run("list")
    file.write_text('url = "http://x"\nsecret = "y"\n')
    assert "secret" in unset.run("list", status=2)[1]


def test_the_command_signs_tokens_with_the_secret(
    stack: LocalStack, assets: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETS_SECRET", jwt_secret(stack))
    token = assets.run("token", "carol")[0].strip()
    assert json.loads(assets.run("--token", token, "list", "--json")[0])["assets"] == []


def test_the_command_generates_a_video_and_waits_for_it(assets: CommandLine, image_url: str) -> None:
    arguments = ["generate", "wave", "--input", f"image={image_url}", "--model"]
    url = assets.run(*arguments, "stand-in/behaves")[0].strip()
    assert url.startswith(assets.url)
    job_id = assets.run(*arguments, "stand-in/never-ends", "--no-wait")[0].strip()
    assets.run("jobs", "wait", job_id, "--timeout", "0", status=7)
    assert json.loads(assets.run("jobs", "cancel", "--json", job_id)[0])["status"] == "canceled"
    assets.run("jobs", "wait", job_id, status=7)
    assert job_id in assets.run("jobs", "list")[0]


def test_an_interrupted_upload_reports_each_file(
    stack: LocalStack, assets: CommandLine, alice: Caller, tmp_path: Path
) -> None:
    # Large enough for a form, whose request is held: a smaller file might already be in the system's buffers.
    (tmp_path / "held.mp4").write_bytes(media.padded_mp4(5 * 1024 * 1024))
    with cutting_proxy(stack.port) as proxy:
        fault = Fault(b"held.mp4", after_sent=0, hold=True)
        proxy.fault = fault
        through = CommandLine(f"http://127.0.0.1:{proxy.port}", assets.token, tmp_path)
        process = through.start("upload", "--concurrency", "1", "a.png", "held.mp4", "b.png")
        assert fault.struck.wait(120)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "a.png: uploaded, http" in errors
    assert "held.mp4: not uploaded" in errors
    assert "b.png: not uploaded" in errors
    assert len(alice.listed_ids()) == 1


def test_an_upload_interrupted_before_its_response_is_reported_as_unconfirmed(
    stack: LocalStack, assets: CommandLine, tmp_path: Path
) -> None:
    with cutting_proxy(stack.port) as proxy:
        fault = Fault(b'filename="a.png"', after_received=0, hold=True)
        proxy.fault = fault
        through = CommandLine(f"http://127.0.0.1:{proxy.port}", assets.token, tmp_path)
        process = through.start("upload", "a.png")
        assert fault.struck.wait(120)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "a.png: sent but not confirmed" in errors


def test_an_interrupted_download_leaves_no_file(
    stack: LocalStack, assets: CommandLine, alice: Caller, tmp_path: Path
) -> None:
    asset = alice.uploaded("clip.mp4", media.padded_mp4(4 * 1024 * 1024))
    with cutting_proxy(stack.port) as proxy:
        fault = Fault(f"GET /api/v2/assets/{asset['asset_id']} HTTP".encode(), after_received=1_000_000, hold=True)
        proxy.fault = fault
        through = CommandLine(f"http://127.0.0.1:{proxy.port}", assets.token, tmp_path)
        process = through.start("get", asset["asset_id"], "--output", ".")
        assert fault.struck.wait(120)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "was not downloaded" in errors
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"a.png", "b.png"}


def test_an_interrupted_generation_names_the_job_that_is_still_running(
    assets: CommandLine, alice: Caller, stack: LocalStack, image_url: str
) -> None:
    with cutting_proxy(stack.port) as proxy:
        fault = Fault(b"GET /api/v2/jobs/", after_sent=0, hold=True)
        proxy.fault = fault
        through = CommandLine(f"http://127.0.0.1:{proxy.port}", assets.token, assets.folder)
        process = through.start("generate", "wave", "-m", "stand-in/never-ends", "-i", f"image={image_url}")
        assert fault.struck.wait(120)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    [job] = alice.list_jobs().json()["jobs"]
    assert f"job {job['job_id']} is still running" in errors
    assert f"assets jobs cancel {job['job_id']}" in errors
    alice.cancel(job["job_id"])


def test_a_download_to_a_full_disk_fails_and_leaves_no_file(assets: CommandLine, alice: Caller, tmp_path: Path) -> None:
    asset = alice.uploaded("clip.mp4", media.padded_mp4(1024 * 1024))
    # A limit on files' sizes (POSIX, setrlimit) fails a write where a full disk would.
    command = f"ulimit -f 100; assets get {asset['asset_id']} --output there.mp4"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=assets.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"a.png", "b.png"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("folder.png", "has no images"), ("empty.png", "is empty"), ("large.png", "52,428,800"), ("a.txt", "file type")],
)
def test_the_command_explains_why_a_file_cannot_be_uploaded(
    assets: CommandLine, tmp_path: Path, path: str, reason: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "empty.png").touch()
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "large.png").write_bytes(media.png())
    with (tmp_path / "large.png").open("r+b") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    message = assets.run("upload", path, status=1)[1]
    assert path in message
    assert reason in message


def test_bash_completes_the_command(assets: CommandLine) -> None:
    # The command finds out which shell runs it. The rest is what bash runs when Tab is pressed after `assets up`.
    script = """
        eval "$(assets --show-completion)"
        COMP_WORDS=(assets up) COMP_CWORD=1
        _assets_completion assets
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script], env=assets.environment, check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.stdout.split(), done.stderr, done.returncode) == (["upload"], "", 0)


def test_later_commands_use_the_saved_login(assets: CommandLine, tmp_path: Path) -> None:
    unset = CommandLine("", "", tmp_path)
    unset.run("list", status=2)
    unset.run("login", "--url", f"{assets.url}/api/v2/", "--token", "-", given=assets.token.encode())
    unset.run("login", "--url", assets.url, "--token", "wrong", status=3)
    uploaded, _ = unset.run("upload", "-", "--name", "in.png", "--quiet", given=media.png())
    unset.run("get", uploaded.strip(), "--output", "out.png")
    assert (tmp_path / "out.png").read_bytes() == media.png()
    unset.run("logout")
    assert "assets login" in unset.run("list", status=2)[1]
