"""The upload limit in the edge's refusal, as inserted by CloudFormation."""

import pytest

from asset_api.media import file_types
from asset_api.platform import errors
from asset_api.uploads.synchronous_uploads import DIRECT_MAX_BYTES
from local.edge_function import EdgeFunction
from tests.edge.runtimes import SOURCE


@pytest.mark.parametrize(
    ("parameter", "limit"),
    [("", file_types.MAX_BYTES), ("1073741824", 2**30), ("5000000000", 5_000_000_000), ("999", 999)],
)
def test_the_413_states_the_deployments_limit(parameter: str, limit: int) -> None:
    function = EdgeFunction(SOURCE.read_text(encoding="utf-8").replace("${MaxUploadBytes}", parameter))
    headers = {"content-type": {"value": "multipart/form-data; boundary=x"}, "content-length": {"value": "9999999"}}
    request = {"method": "POST", "uri": "/api/v2/upload-asset", "headers": headers, "querystring": {}, "cookies": {}}
    outcome = function.run({"context": {"eventType": "viewer-request", "requestId": "r"}, "request": request})
    expected = errors.direct_upload_too_large(DIRECT_MAX_BYTES, limit).detail
    assert f'"detail":"{expected}"' in outcome.value["body"]["data"]
