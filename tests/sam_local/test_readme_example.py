"""The `sam local invoke` command of CONTRIBUTING.md."""

import json
import re
import subprocess
from pathlib import Path

from tests.checkouts import check_out
from tests.sam_local.conftest import sam_environment
from tests.template.cloudformation import ROOT


def test_the_documented_command_invokes_a_function(tmp_path: Path) -> None:
    check_out(tmp_path)
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## One function by itself\n")[2]
    (code,) = re.findall(r"^```sh\n(.*?)^```", section.partition("\n## ")[0], re.DOTALL | re.MULTILINE)
    # The image was built here, and must not be pulled.
    pasted = code.replace("sam local invoke ", "sam local invoke --skip-pull-image ")
    unset = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    environment = {name: value for name, value in sam_environment().items() if name not in unset}
    done = subprocess.run(
        ["bash", "-ec", pasted], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    response = json.loads(done.stdout.strip().splitlines()[-1])
    assert (response["statusCode"], json.loads(response["body"])["status"]) == (200, "ok")
