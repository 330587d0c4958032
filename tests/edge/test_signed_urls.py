"""Signed URLs of private assets at the edge, in every runtime: valid ones, and hundreds of forgeries."""

import time
from typing import Any

import pytest

from asset_api.assets.public_urls import object_key
from asset_api.assets.rendition_names import Rendition
from tests.edge.forgeries import Target, forgeries, signer, unsendable_forgeries
from tests.edge.runtimes import KEYS, RUNTIMES, Event, deployed, run_source
from tests.edge.test_viewer_request import ASSET_PATH, event

ASSET_ID = ASSET_PATH.rpartition("/")[2]
NOW = int(time.time())
EXPIRES = NOW + 3600
HEADER = "x-verified-query"


@pytest.fixture(scope="module", params=RUNTIMES)
def run(request: pytest.FixtureRequest) -> Any:
    return RUNTIMES[request.param]


def request_event(target: Target, method: str = "GET", **headers: str) -> Event:
    """Make the event of a request. CloudFront decodes neither path nor query (developer guide, "event structure")."""
    parameters: dict[str, list[str]] = {}
    for part in target.query.split("&") if target.query else ():
        name, _, value = part.partition("=")
        parameters.setdefault(name, []).append(value)
    query = {name: values if len(values) > 1 else values[0] for name, values in parameters.items()}
    return event(method, target.path, headers, query)


def target(signed: str) -> Target:
    return Target(*signed.split("?"))


def test_a_signed_url_reaches_the_private_key(run: Any) -> None:
    names = ["w320.webp", "w1920.jpg", "frame-last.png", "frame-first-w320.webp"]
    renditions = [rendition for name in names if (rendition := Rendition.parse(name))]
    keys = {ASSET_PATH: object_key(ASSET_ID, "private")}
    keys |= {rendition.public_path(ASSET_ID): rendition.object_key(ASSET_ID, "private") for rendition in renditions}
    assert len(keys) == 5
    good = [(signer(key)(path, EXPIRES), method) for key in KEYS for path in keys for method in ("GET", "HEAD")]
    outcomes = run([request_event(target(url), method) for url, method in good])
    for (signed, _), outcome in zip(good, outcomes, strict=True):
        path, query = target(signed)
        assert outcome.value["uri"] == f"/{keys[path]}"
        assert outcome.value["headers"] == {HEADER: {"value": query}}
        assert outcome.value["querystring"] == {}
        assert [group["originIds"][0]["originId"] for group in outcome.origins] == ["assets"]


def test_an_upper_case_id_and_another_order_are_the_same_url(run: Any) -> None:
    path, query = target(signer(*KEYS)(ASSET_PATH, EXPIRES))
    swapped = "&".join(reversed(query.split("&")))
    upper = path.rpartition("/")[0] + "/" + ASSET_ID.upper()
    outcomes = run([request_event(Target(path, swapped)), request_event(Target(upper, query))])
    for outcome in outcomes:
        assert outcome.value["uri"] == f"/{object_key(ASSET_ID, 'private')}"
        # Normalized, for the redirect of a rendition.
        assert outcome.value["headers"] == {HEADER: {"value": query}}


def test_a_signed_read_keeps_what_s3_needs_and_nothing_else(run: Any) -> None:
    sent = {"range": "bytes=0-9", "if-none-match": '"a"', "authorization": "Bearer t", HEADER: "forged", "cookie": "a"}
    (outcome,) = run([request_event(target(signer(*KEYS)(ASSET_PATH, EXPIRES)), **sent)])
    assert set(outcome.value["headers"]) == {"range", "if-none-match", HEADER}
    assert outcome.value["headers"][HEADER]["value"].startswith("expires=")


@pytest.mark.parametrize("reads", ["GET", "HEAD"])
def test_every_forged_url_is_handled_as_the_url_without_a_query(reads: str, run: Any) -> None:
    """Origin, key and headers are the same, and so are bytes, caching and timing."""
    sign = signer(*KEYS)
    forged = [*forgeries(ASSET_PATH, EXPIRES, NOW, sign), *unsendable_forgeries(ASSET_PATH, EXPIRES, sign)]
    made = [each._replace(method=reads) if each.method == "GET" else each for each in forged]
    assert len({(each.target, each.method) for each in made}) > 300
    outcomes = run([request_event(each.target, each.method) for each in made])
    unsigned = run([request_event(Target(each.target.path, ""), each.method) for each in made])
    for forgery, outcome, plain in zip(made, outcomes, unsigned, strict=True):
        if "querystring" in outcome.value and forgery.method == reads and outcome.origins != ["api"]:
            assert outcome.value == plain.value, forgery.name
        assert outcome.value.get("uri") == plain.value.get("uri"), forgery.name
        assert outcome.value.get("headers") == plain.value.get("headers"), forgery.name
        assert outcome.origins == plain.origins, forgery.name
        assert HEADER not in outcome.value.get("headers", {}), forgery.name
        # A path that names a private key is requested only from the API, and without the header.
        if "/private" in outcome.value.get("uri", ""):
            assert outcome.origins == ["api"], forgery.name


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_expired_url_reveals_nothing_to_conditional_requests(method: str, run: Any) -> None:
    """Neither a range nor a 304: its key is not requested."""
    ended = target(signer(*KEYS)(ASSET_PATH, NOW - 1))
    known = {
        "range": "bytes=0-9",
        "if-none-match": '"a"',
        "if-match": '"a"',
        "if-range": '"a"',
        "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    for outcome in run([request_event(ended, method, **{name: value}) for name, value in known.items()]):
        assert outcome.value["uri"] == ASSET_PATH
        assert HEADER not in outcome.value["headers"]


def test_signed_urls_of_a_file_share_a_cache_key_apart_from_unsigned_ones(run: Any) -> None:
    """CloudFront's cache key is only the path that the function returns."""
    sign = [signer(key) for key in KEYS]
    good = [target(each(ASSET_PATH, EXPIRES + more)) for each in sign for more in (0, 1, 600)]
    keys = {outcome.value["uri"] for outcome in run([request_event(each) for each in good])}
    assert keys == {f"/{object_key(ASSET_ID, 'private')}"}
    unsigned = {outcome.value.get("uri") for outcome in run([request_event(Target(each.path, "")) for each in good])}
    assert not keys & unsigned


@pytest.mark.parametrize(
    "path", [ASSET_PATH, f"{ASSET_PATH}/w320.webp", f"{ASSET_PATH}/metadata", "/api/v2/assets", "/"]
)
def test_viewers_cannot_forge_the_verified_header(path: str, run: Any) -> None:
    sent = {HEADER: f"expires={EXPIRES}&signature={'A' * 43}"}
    for outcome in run([event(method, path, sent) for method in ("GET", "HEAD", "POST", "OPTIONS")]):
        assert HEADER not in outcome.value["headers"]


@pytest.mark.parametrize("keys", ["", ",", ",,", "short", "${UrlSigningKeys.Value}", "K" * 42, "K" * 44])
def test_an_unset_key_verifies_nothing(keys: str) -> None:
    """A function deployed without keys must refuse, and not accept signatures with an empty key."""
    source = deployed().replace(",".join(KEYS), keys)
    made = [signer(each)(ASSET_PATH, EXPIRES) for each in {"x", "", *keys.split(",")}]
    made.append(f"{ASSET_PATH}?expires={EXPIRES}&signature={'A' * 43}")
    for outcome in run_source(source, [request_event(target(url)) for url in made]):
        assert outcome.value["uri"] == ASSET_PATH
