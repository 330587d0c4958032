"""The local stack's state and access: secret, tokens, lock, ports, environment."""

import contextlib
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from local import environment, ports, tokens
from local.__main__ import main
from local.emulator import claimed_port, environment_for
from local.failures import LocalStackError
from local.listening import listening_sockets
from local.state import InUseError, StateDirectory

SECRET = "0123456789abcdef0123456789abcdef"


def test_keeps_one_private_secret(tmp_path: Path) -> None:
    path = tmp_path / "new" / "jwt-secret"
    first = tokens.secret_of(path)
    assert tokens.secret_of(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert not {",", " ", "\n"} & set(first)
    assert list(path.parent.iterdir()) == [path]


def test_concurrent_processes_get_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(tokens.secret_of, [tmp_path / "jwt-secret"] * 64))) == 1


def test_issues_a_token_for_a_day() -> None:
    claims = jwt.decode(tokens.issue("alice", SECRET), SECRET, algorithms=["HS256"])
    assert claims["sub"] == "alice"
    assert claims["exp"] - claims["iat"] == 24 * 60 * 60


def test_issues_no_token_without_an_owner() -> None:
    with pytest.raises(ValueError, match="owner"):
        tokens.issue("", SECRET)


def test_the_token_command_prints_only_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--state", str(tmp_path), "--sub", "alice", "--ttl", "60"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    token, end = printed.out.split("\n")
    assert end == ""
    claims = jwt.decode(token, (tmp_path / "jwt-secret").read_text(), algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 60


def test_the_token_command_requires_an_owner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--state", str(tmp_path), "--sub", ""]) == 2
    assert "SUB=" in capsys.readouterr().err


HOLD_THE_LOCK = """
import sys
import time
from pathlib import Path
from local.state import InUseError, StateDirectory
with StateDirectory(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def another_process_holding(directory: Path) -> Iterator[int]:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(directory)]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid
        process.kill()


def test_a_directory_in_use_is_refused_with_its_process(tmp_path: Path) -> None:
    with another_process_holding(tmp_path) as owner:
        with pytest.raises(LocalStackError, match=str(owner)), StateDirectory(tmp_path).locked():
            pytest.fail("got the lock")
        assert main(["clean", "--state", str(tmp_path)]) == 1
        assert tmp_path.exists()


def test_a_directory_is_free_again_after_its_owner_was_killed(tmp_path: Path) -> None:
    with another_process_holding(tmp_path):
        pass
    with StateDirectory(tmp_path).locked():
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


LEAVE_THE_LOCK_TO_A_CHILD = """
import subprocess, sys
from pathlib import Path
from local.state import InUseError, StateDirectory
with StateDirectory(Path(sys.argv[1])).locked() as descriptor:
    subprocess.Popen(["sleep", "1"], pass_fds=[descriptor])
"""


def test_a_directory_is_in_use_until_the_last_child_has_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LEAVE_THE_LOCK_TO_A_CHILD, str(tmp_path)]
    subprocess.run(command, cwd=Path(__file__).resolve().parents[3], check=True)
    with pytest.raises(InUseError) as raised, StateDirectory(tmp_path).locked():
        pytest.fail("got the lock")
    assert raised.value.is_ending
    for _ in range(1200):
        with contextlib.suppress(InUseError), StateDirectory(tmp_path).locked():
            return
        time.sleep(0.1)
    pytest.fail("the lock was never free")


def test_clean_removes_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "state"
    tokens.secret_of(directory / "jwt-secret")
    assert main(["clean", "--state", str(directory)]) == 0
    assert not directory.exists()


def test_refuses_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalStackError, match=f"Port {port} is taken"):
            listening_sockets(port)
        with pytest.raises(LocalStackError, match=f"port {port} is taken"), claimed_port(port):
            pass


def test_two_stacks_started_at_once_get_different_ports() -> None:
    with claimed_port(None) as first:
        with claimed_port(None) as second:
            assert second != first
        with pytest.raises(LocalStackError, match=f"port {first} is taken"), claimed_port(first):
            pass
    with claimed_port(first) as again:
        assert again == first


def test_falls_back_to_any_free_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with ports.claimed([port, 70_000]) as chosen:
            assert chosen not in (port, 70_000, 0)


def test_listens_on_every_loopback_address_and_nothing_else() -> None:
    port = ports.free()
    sockets = listening_sockets(port)
    assert {listener.getsockname()[0] for listener in sockets} <= {"127.0.0.1", "::1"}
    assert sockets[0].getsockname()[:2] == ("127.0.0.1", port)
    for listener in sockets:
        listener.close()


def test_the_users_aws_settings_never_reach_the_stack() -> None:
    shell = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "https://x", "PYTHONPATH": "/y", "HOME": "/home/me"}
    isolated = environment.isolated(shell)
    assert isolated["HOME"] == "/home/me"
    assert isolated["AWS_CONFIG_FILE"] == isolated["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "PYTHONPATH"} & isolated.keys()


def test_the_users_proxy_is_not_used_for_the_emulator() -> None:
    isolated = environment.isolated({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "intranet"})
    assert isolated["HTTPS_PROXY"] == "http://proxy"
    assert isolated["NO_PROXY"].split(",") == ["127.0.0.1", "localhost", "::1", "intranet"]


def test_the_emulator_enforces_iam_persists_state_and_listens_on_loopback(tmp_path: Path) -> None:
    settings = environment_for(StateDirectory(tmp_path), 4566, {})
    assert settings["AUTH"] == "true"
    assert settings["BIND_HOST"] == "127.0.0.1"
    assert settings["PERSIST_STATE"] == settings["S3_PERSIST"] == "1"
    assert all(settings[name].startswith(str(tmp_path)) for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR"))


def test_an_in_memory_emulator_writes_no_files(tmp_path: Path) -> None:
    on_disk, in_memory = (
        environment_for(StateDirectory(tmp_path), 4566, {}, files_in_memory=choice) for choice in (False, True)
    )
    assert in_memory == on_disk | {"S3_PERSIST": "0"}
