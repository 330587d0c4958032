"""Shortcuts in moto 5, which otherwise takes longer than the tested code: the same results with less work."""

import copy
import functools
import io
import pickle
import string
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore import useragent
from botocore.signers import RequestSigner
from moto.backend_index import backend_url_patterns
from moto.core import request as requests
from moto.core import responses, serialize
from moto.core.base_backend import BaseBackend
from moto.core.models import botocore_stubber
from moto.dynamodb import comparisons
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import ast_nodes, expressions, validators
from moto.moto_api._internal import moto_random
from moto.s3 import models as s3_models

_OUR_SERVICES = frozenset(("dynamodb", "s3", "sqs"))
_LARGEST_OBJECT_BYTES = 64 * 1024 * 1024
_Process = Callable[[Any], Any]
# For each traverser's kinds of nodes: the one of them that each class of nodes is processed as, or None.
_kinds_seen: dict[tuple[type, ...], dict[type, type | None]] = {}


@functools.cache
def install() -> None:
    """Shorten moto in this process. Raises AttributeError or KeyError if it has changed."""
    # Untyped, because their attributes are replaced.
    parser: Any = expressions.__dict__["UpdateExpressionParser"]
    action_count: Any = validators.ActionCountValidator
    overlapping_paths: Any = validators.OverlappingPathsValidator
    traverser: Any = ast_nodes.__dict__["DepthFirstTraverser"]
    condition_parser: Any = comparisons.ConditionExpressionParser
    node: Any = ast_nodes.__dict__["Node"]
    serializer: Any = serialize.ResponseSerializer
    table: Any = Table
    item: Any = Item
    random: Any = moto_random.MotoRandom
    request: Any = requests.Request
    backend: Any = BaseBackend
    signer: Any = RequestSigner
    parser.make = functools.cache(parser.make)
    assert traverser.pre_processing_of_child
    traverser.traverse = _traverse
    assert node.find_clauses
    node.find_clauses = _find_clauses
    condition_parser._lex_condition_expression = _lexing_once(condition_parser._lex_condition_expression)
    # They check the whole expression once for each of its actions.
    action_count.traverse = action_count.verify_action_counts
    overlapping_paths.traverse = overlapping_paths.check_for_overlapping_paths
    assert validators.__dict__["deepcopy"] is copy.deepcopy
    vars(validators)["deepcopy"] = _copied
    serializer._serialize_type_structure = _serializing(serializer._serialize_type_structure)
    assert item.__deepcopy__
    item.__deepcopy__ = _copied_item
    table.__deepcopy__ = _table_as_it_is
    assert random.get_random_string
    random.get_random_string = _random_string
    assert request.from_primitives
    request.from_primitives = classmethod(_request)
    backend.urls = property(functools.cache(backend.urls.fget))
    assert responses.__dict__["parse_qsl"]
    vars(responses)["parse_qsl"] = _parameters_of_forms(responses.__dict__["parse_qsl"])
    vars(responses)["method_names_from_class"] = functools.cache(responses.__dict__["method_names_from_class"])
    # moto keeps objects of 5 MB and more in files.
    assert s3_models.__dict__["get_s3_default_key_buffer_size"]() < _LARGEST_OBJECT_BYTES
    vars(s3_models)["get_s3_default_key_buffer_size"] = lambda: _LARGEST_OBJECT_BYTES
    signer.get_auth_instance = _signing_only_presigned(signer.get_auth_instance)
    # botocore looks at each character of the same names for each request.
    name = "sanitize_user_agent_string_component"
    vars(useragent)[name] = functools.cache(useragent.__dict__[name])
    # moto matches a URL against the patterns of all services in turn.
    backend_url_patterns.sort(key=lambda pattern: pattern[0] not in _OUR_SERVICES)


class _AnySignature:
    """The same signature for every request: moto reads only the scope of a request's credentials."""

    scope = "testing/20250101/us-east-1/s3/aws4_request"

    def add_auth(self, request: Any) -> None:
        """Sign like botocore's signers, at no cost."""
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={self.scope}, SignedHeaders=host, Signature=0"


def _signing_only_presigned(get_auth_instance: Callable[..., Any]) -> Callable[..., Any]:
    def quick_auth_instance(signer: Any, *names: Any, signature_version: Any = None, **options: Any) -> Any:
        if botocore_stubber.enabled and signature_version == "v4":  # S3 has another, whose headers moto reads
            return _AnySignature()
        return get_auth_instance(signer, *names, signature_version=signature_version, **options)

    return quick_auth_instance


def _request(of: Any, method: str, url: str, headers: Any, body: Any = None) -> Any:
    """Make moto's request without werkzeug's builder, which prepares for much that botocore never sends."""
    parts = urlsplit(url)
    data = body.read() if hasattr(body, "read") else body or b""
    sent = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in headers.items()]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "REQUEST_URI": parts.path,
        "RAW_URI": parts.path,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": "443" if parts.scheme == "https" else "80",
        "HTTP_HOST": parts.netloc,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(data.encode() if isinstance(data, str) else data),
        **{requests.environ_key_for_header(name): value for name, value in sent if name.lower() != "transfer-encoding"},
    }
    if data:
        environ["CONTENT_LENGTH"] = str(len(data))
    environ.setdefault("CONTENT_LENGTH", "0")
    environ[requests.PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        requests.environ_key_for_header(name): name
        for name, _ in sent
        if requests.should_preserve_original_header_name(name)
    }
    return of(environ)


def _copied(value: Any) -> Any:
    """Copy a parsed expression or a value, in a tenth of the time that `deepcopy` takes."""
    return pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301  made here


def _table_as_it_is(table: Any, memo: dict[int, Any]) -> Any:  # noqa: ARG001  the protocol's
    """Copy a table before a transaction, which changes only its items."""
    copied = copy.copy(table)
    copied.items = copy.copy(table.items)
    for key, items in table.items.items():
        copied.items[key] = {each: _copied_item(item, {}) for each, item in items.items()}
    return copied


def _copied_item(item: Any, memo: dict[int, Any]) -> Any:  # noqa: ARG001  the protocol's
    """Copy an item. moto changes lists, maps and sets in place, but replaces every other value."""
    copied: Any = Item.__new__(Item)
    copied.hash_key, copied.range_key = item.hash_key, item.range_key
    copied.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    for name, value in item.attrs.items():
        shared = type(value) is DynamoType and type(value.value) is str
        dict.__setitem__(copied.attrs, name, value if shared else copy.deepcopy(value))
    return copied


def _random_string(random: Any, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
    pool = string.ascii_letters + (string.digits if include_digits else "")
    text = "".join(random.choices(pool, k=length))
    return text.lower() if lower_case else text


def _parameters_of_forms(parse_qsl: Callable[..., Any]) -> Callable[..., Any]:
    """Skip JSON, which moto parses as a form too."""
    return lambda body, **options: [] if body.startswith("{") else parse_qsl(body, **options)


def _lexing_once(lex: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Split each condition into its tokens once. The values, which differ each time, are not among them."""
    known: dict[str, Any] = {}

    def lex_once(parser: Any) -> Any:
        expression = parser.condition_expression
        if expression not in known:
            known[expression] = tuple(lex(parser))
        return deque(known[expression])

    return lex_once


def _find_clauses(node: Any, wanted: Any) -> list[Any]:
    """Find clauses below a node. moto's classes are abstract ones, whose `isinstance` is slow."""
    found = []
    for child in node.children or ():
        kind: Any = type(child)
        if kind in wanted:
            found.append(child)
        elif _may_contain_clauses(kind):
            found += _find_clauses(child, wanted)
    return found


@functools.cache
def _may_contain_clauses(kind: type) -> bool:
    return issubclass(kind, (ast_nodes.__dict__["Expression"], ast_nodes.__dict__["UpdateExpressionFunction"]))


def _traverse(traverser: Any, root: Any) -> Any:
    """Process nodes bottom up. moto asks the traverser for its processors again at each node."""
    processors: dict[type, _Process] = traverser._processing_map()
    processed = tuple(processors)
    kind_of = _kinds_seen.setdefault(processed, {})
    before_child = traverser.pre_processing_of_child
    if before_child.__func__ is ast_nodes.__dict__["DepthFirstTraverser"].pre_processing_of_child:
        before_child = None  # does nothing

    def visit(node: Any, position: int) -> Any:
        parent = node.parent
        for index, child in enumerate(node.children or ()):
            if before_child:
                before_child(node, index)
            if hasattr(child, "children"):
                visit(child, index)
        kind = type(node)
        if kind not in kind_of:
            kind_of[kind] = next((each for each in processed if issubclass(kind, each)), None)
        if processed_as := kind_of[kind]:
            node = processors[processed_as](node)
            node.parent = parent
            if parent:
                parent.children[position] = node
        return node

    return visit(root, -1)


def _serializing(serialize_whole: Callable[..., None]) -> Callable[..., None]:
    """Serialize a value of DynamoDB by the one member that it has: moto looks for all ten, each under several names."""

    def serialize_quickly(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict:
            serialize_whole(serializer, serialized, value, shape, key)
            return
        wrapper = serializer.MAP_TYPE() if key else serialized
        for name, member in value.items():
            serializer._serialize(wrapper, member, shape.members[name], name)
        if key:
            serializer._default_serialize(serialized, wrapper, shape, key)

    return serialize_quickly
