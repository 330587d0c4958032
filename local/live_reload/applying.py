"""Applying a plan to the running stack, without a deploy."""

import compileall
import io
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import TYPE_CHECKING

from local import site, stack
from local.aws import Clients
from local.fingerprint import source_files
from local.live_reload.plan import SHARED_PACKAGE, Plan
from local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_RELOADED_LAYER = f"{stack.NAME}-reloaded"
_CORE_LAYERS = (":layer:CoreLayer", f":layer:{_RELOADED_LAYER}:")


@dataclass(frozen=True, slots=True)
class Reloader:
    """Updates of a running stack with edited sources."""

    root: Path
    build: Path
    clients: Clients
    deployed: Stack

    def reload(self, needed: Plan) -> None:
        """Apply the changes; each changed function restarts at its next invocation."""
        if needed.layer:
            self._replace_layer()
        for name in sorted(needed.functions):
            self._replace_code(name)
        if needed.page:
            site.sync(self.clients.s3, self.deployed.outputs["SiteBucketName"], self.root)

    def reload_everything(self) -> None:
        """Reload all code after a deploy onto an existing stack.

        CloudFormation compares the new template with the previous one, not with the resources. Where both templates
        agree, code from an earlier reload would stay.
        """
        directories = (path.name for path in (self.root / "functions").iterdir())
        deployed = self.deployed.resources.values()
        names = frozenset(name for name in directories if _function_name(name) in deployed)
        self.reload(Plan(functions=names, layer=True))

    def _replace_code(self, name: str) -> None:
        directory = self.root / "functions" / name
        archive = _zip(directory, source_files(directory, ["."]))
        self.clients.functions.update_function_code(FunctionName=_function_name(name), ZipFile=archive)
        _publish(self.clients.functions, _function_name(name))

    def _replace_layer(self) -> None:
        """Publish the built layer with the current shared package in it, and attach it to every function."""
        built = self.build / "CoreLayer"
        package = built / "python" / SHARED_PACKAGE.name
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(self.root / SHARED_PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        # As in the layer's Makefile: SAM and zip change the dates by which bytecode is usually validated.
        compileall.compile_dir(package, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        archive = _zip(built, (path for path in sorted(built.rglob("*")) if path.is_file()))
        functions = self.clients.functions
        published = functions.publish_layer_version(LayerName=_RELOADED_LAYER, Content={"ZipFile": archive})
        for name in self._function_names():
            _attach(functions, name, published["LayerVersionArn"])
        for version in functions.list_layer_versions(LayerName=_RELOADED_LAYER)["LayerVersions"]:
            if version["Version"] != published["Version"]:
                functions.delete_layer_version(LayerName=_RELOADED_LAYER, VersionNumber=version["Version"])

    def _function_names(self) -> list[str]:
        paginator = self.clients.functions.get_paginator("list_functions")
        names = [function["FunctionName"] for page in paginator.paginate() for function in page["Functions"]]
        return [name for name in names if name in self.deployed.resources.values()]


def _function_name(directory: str) -> str:
    # The names that template.yaml gives them.
    return f"{stack.NAME}-{directory}"


def _attach(functions: "LambdaClient", name: str, layer_arn: str) -> None:
    attached = functions.get_function_configuration(FunctionName=name).get("Layers", [])
    others = [layer["Arn"] for layer in attached if not any(core in layer["Arn"] for core in _CORE_LAYERS)]
    functions.update_function_configuration(FunctionName=name, Layers=[layer_arn, *others])
    _publish(functions, name)


def _publish(functions: "LambdaClient", name: str) -> None:
    """Point the function's aliases, if any, to a version of its current code."""
    for alias in functions.list_aliases(FunctionName=name)["Aliases"]:
        published = functions.publish_version(FunctionName=name)["Version"]
        functions.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=published)


def _zip(directory: Path, files: Iterable[Path]) -> bytes:
    buffer = io.BytesIO()
    # Uncompressed: compressing takes longer than sending within this machine.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.relative_to(directory))
    return buffer.getvalue()
