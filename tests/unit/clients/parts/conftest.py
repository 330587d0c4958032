"""Fixtures that treat files of more than one part as large."""

from pathlib import Path

import pytest

from asset_upload_client import local_files
from tests import media
from tests.unit.clients.parts_service import PART, SIZE, PartsService


@pytest.fixture(autouse=True)
def states(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Treat files of more than one part as large, and return the folder in which the states of uploads are stored."""
    monkeypatch.setattr(local_files, "FORM_MAX_BYTES", PART)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "assets" / "uploads"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(media.padded_mp4(SIZE))
    return path


@pytest.fixture
def service() -> PartsService:
    return PartsService(SIZE, PART)
