"""Parameters of the template for the local stack: `make run PARAMETERS=`."""

import pytest

from local.__main__ import main


@pytest.mark.parametrize("text", ["NoSuchParameter=1", "UploadsPerMinute", "'unfinished"])
def test_invalid_parameters_are_refused_before_the_start(
    text: str, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("state") / "nothing"
    assert main(["run", "--state", str(state), "--parameters", text]) == 1
    assert "parameter" in capsys.readouterr().err.lower()
    assert not state.exists()
