"""CloudFront functions in QuickJS."""

import pytest

from local import edge_function
from local.edge_function import EdgeFunction, EdgeFunctionError

IMPORT = "import cf from 'cloudfront';\n"


def test_returns_the_result_and_the_chosen_origins() -> None:
    function = EdgeFunction(
        IMPORT
        + """
        async function handler(event) {
            cf.selectRequestOriginById('a');
            cf.createRequestOriginGroup({ originIds: [{ originId: 'b' }] });
            return event.request;
        }
        """
    )
    for uri in ("/é", "/\udcff", "/😀"):
        outcome = function.run({"request": {"uri": uri}})
        assert outcome.value == {"uri": uri}
        assert outcome.origins == ["a", {"originIds": [{"originId": "b"}]}]
        assert not outcome.is_response


def test_a_function_may_respond_and_need_not_be_async() -> None:
    outcome = EdgeFunction("function handler() { return { statusCode: 404 }; }").run({})
    assert (outcome.is_response, outcome.origins) == (True, [])


@pytest.mark.parametrize(
    "source",
    [
        "async function handler() { throw new Error('broken'); }",
        "function handler(event) { return event.request.uri; }",
        "function handler() {}",
        "function handler() { return 1; }",
        "function handler() { while (true) {} }",
        "async function handler() { await new Promise(() => {}); }",
    ],
)
def test_a_failing_function_reports_its_error_and_can_run_again(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_function, "_TIME_LIMIT_SECONDS", 0.1)
    function = EdgeFunction(source)
    for _ in range(2):
        with pytest.raises(EdgeFunctionError):
            function.run({})


@pytest.mark.parametrize("source", ["function handler( {", "import fs from 'fs';\nfunction handler() {}", ""])
def test_invalid_source_is_refused(source: str) -> None:
    with pytest.raises(EdgeFunctionError):
        EdgeFunction(source)
