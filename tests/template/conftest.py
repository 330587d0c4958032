"""Fixtures that take seconds, and are shared."""

from pathlib import Path

import pytest

from local.build_target import Target
from tests.template.built_layers import build


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core layer for this interpreter."""
    return build("core", "CoreLayer", tmp_path_factory.mktemp("core"), Target.of_this_process().uv_platform)
