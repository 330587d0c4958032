"""The command's streams, in any locale and state, and its end by Ctrl-C."""

import errno
import io
import json
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

import assets_command
from asset_upload_client import exchanges, upload_states
from asset_upload_client.cli import app as command
from asset_upload_client.cli import output

EMOJI = "🎉 photo.jpg"


class FailingStream(io.RawIOBase):
    """A stream whose bytes can no longer be written."""

    def __init__(self, error: OSError | None) -> None:
        self.error = error

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        if self.error:
            raise self.error
        return len(bytes(data))  # type: ignore[call-overload]


def standard_output(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    output.prepare_streams()
    return written


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_valid_in_any_locale(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    written = standard_output(monkeypatch, encoding)
    output.print_json({"name": EMOJI, "path": "bad\udcff.jpg"})
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode(encoding)) == {"name": EMOJI, "path": "bad\udcff.jpg"}


def test_other_output_shows_what_a_locale_lacks_as_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = standard_output(monkeypatch, "latin-1")
    output.print_line(f"é {EMOJI}")
    output.print_fields({"filename": f"é {EMOJI}"})
    sys.stdout.flush()
    assert written.getvalue().decode("latin-1").count("é \\U0001f389 photo.jpg") == 2


def test_closed_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    output.prepare_streams()
    with sys.stdout, sys.stderr:
        output.print_line("a")
        output.print_error("b")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The output cannot be written: No space left on device\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
    ],
)
@pytest.mark.parametrize("is_at_once", [True, False], ids=["at once", "at the end"])
def test_output_that_cannot_be_written_ends_the_command_without_a_traceback(
    is_at_once: bool,
    error: OSError,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def act() -> None:
        output.print_line("a")
        if is_at_once:
            sys.stdout.flush()

    raw = FailingStream(error)
    monkeypatch.setattr(command, "app", act)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw)))
    with pytest.raises(SystemExit) as stopped:
        command.main()
    raw.error = None  # for the end of the wrapper, which writes what it still has
    assert stopped.value.code == 1
    assert capsys.readouterr().err == message


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def importing(name: str) -> Callable[[], None]:
    raise KeyboardInterrupt(name)


@pytest.mark.parametrize("attributes", [{"main": interrupted}, {"__getattr__": importing}], ids=["run", "import"])
def test_ctrl_c_ends_the_command_quietly_at_any_time(
    attributes: dict[str, object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("asset_upload_client.cli.app")
    vars(module).update(attributes)
    monkeypatch.setitem(sys.modules, "asset_upload_client.cli.app", module)
    with pytest.raises(SystemExit) as stopped:
        assets_command.main()
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_the_clients_warnings_are_shown_like_other_messages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> None:
        upload_states._log.warning("not stored: %s", "a\x1b[2J")
        upload_states._log.warning("503; attempt 2 in 0.1 s", extra={exchanges.IS_RETRY: True})

    monkeypatch.setattr(command, "app", act)
    command.main()
    assert capsys.readouterr().err == "not stored: a\\u001b[2J\n"
