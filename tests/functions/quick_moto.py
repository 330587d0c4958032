"""Shortcuts in moto 5, which otherwise takes longer than the tested code: the same results with less work."""

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

from botocore.signers import RequestSigner
from moto.backend_index import backend_url_patterns
from moto.core import responses, serialize
from moto.core.models import botocore_stubber
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import ast_nodes, expressions, validators
from moto.s3 import models as s3_models

_OUR_SERVICES = frozenset(("dynamodb", "s3", "sqs"))
_LARGEST_OBJECT_BYTES = 64 * 1024 * 1024
_Process = Callable[[Any], Any]


@functools.cache
def install() -> None:
    """Shorten moto in this process. Raises AttributeError or KeyError if it has changed."""
    # Untyped, because their attributes are replaced.
    parser: Any = expressions.__dict__["UpdateExpressionParser"]
    action_count: Any = validators.ActionCountValidator
    overlapping_paths: Any = validators.OverlappingPathsValidator
    traverser: Any = ast_nodes.__dict__["DepthFirstTraverser"]
    serializer: Any = serialize.ResponseSerializer
    table: Any = Table
    signer: Any = RequestSigner
    parser.make = functools.cache(parser.make)
    traverser.traverse = _traverse
    # They check the whole expression once for each of its actions.
    action_count.traverse = action_count.verify_action_counts
    overlapping_paths.traverse = overlapping_paths.check_for_overlapping_paths
    assert validators.__dict__["deepcopy"] is copy.deepcopy
    vars(validators)["deepcopy"] = _copied
    serializer._serialize_type_structure = _serializing(serializer._serialize_type_structure)
    table.__deepcopy__ = _table_as_it_is
    vars(responses)["method_names_from_class"] = functools.cache(responses.__dict__["method_names_from_class"])
    # moto keeps objects of 5 MB and more in files.
    assert s3_models.__dict__["get_s3_default_key_buffer_size"]() < _LARGEST_OBJECT_BYTES
    vars(s3_models)["get_s3_default_key_buffer_size"] = lambda: _LARGEST_OBJECT_BYTES
    signer.get_auth_instance = _signing_only_presigned(signer.get_auth_instance)
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


def _copied(value: Any) -> Any:
    """Copy a parsed expression or a value, in a tenth of the time that `deepcopy` takes."""
    return pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301  made here


def _table_as_it_is(table: Any, memo: dict[int, Any]) -> Any:
    """Copy a table before a transaction, which changes only its items."""
    copied = copy.copy(table)
    copied.items = copy.deepcopy(table.items, memo)
    return copied


def _traverse(traverser: Any, root: Any) -> Any:
    """Process nodes bottom up. moto asks the traverser for its processors again at each node."""
    processors: dict[type, _Process] = traverser._processing_map()
    before_child = traverser.pre_processing_of_child
    found: dict[type, _Process | None] = {}

    def processor(kind: type) -> _Process | None:
        if kind not in found:
            found[kind] = next((process for of, process in processors.items() if issubclass(kind, of)), None)
        return found[kind]

    def visit(node: Any, position: int) -> Any:
        parent = node.parent
        for index, child in enumerate(node.children or ()):
            before_child(node, index)
            if hasattr(child, "children"):
                visit(child, index)
        if process := processor(type(node)):
            node = process(node)
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
