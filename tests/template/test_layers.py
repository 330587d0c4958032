"""The layers as built by `sam build` for this interpreter: complete, small, and with usable bytecode."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.environments import Subject, run
from bench.stub_aws import stub_aws
from local.build_target import Target
from tests.template.built_layers import build

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").exists())
# "Lambda quotas", AWS Lambda Developer Guide: a function with all of its layers.
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
# Amazon Linux 2023, on which runtimes from python3.12 on are based, has glibc 2.34
# (https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html).
GLIBC_2_OF_LAMBDA = 34
# PEP 552: the second word of a .pyc. 1 means hash-based and unchecked.
UNCHECKED_HASH = 1
MAX_ZIPPED_BYTES = 9 * 1024 * 1024
MAX_ZIPPED_SOURCE_BYTES = 6 * 1024 * 1024
# Of which libvips with its decoders is 7.7 MB.
MAX_ZIPPED_IMAGES_BYTES = 9 * 1024 * 1024
# Modules that would only slow down every cold start. Only JWKS needs cryptography.
NEVER = {"boto3", "s3transfer", "cryptography", "aws_xray_sdk", "fastapi", "pydantic"}
# Functions without JSON bodies need no validator.
WITHOUT_BODIES = NEVER | {"pydantic_core"}
# Powertools' batches import asyncio, which interactive functions must not.
BEHIND_THE_API = {"asyncio"}
# Of lists, only errors are counted.
WITHOUT_METRICS = {"aws_lambda_powertools.metrics"}
# Parsers of files.
WITHOUT_FILES = BEHIND_THE_API | {"asset_api.media.images", "python_multipart"}

# For each function: an event, the status of the response, and modules that must not be loaded by then.
FIRST_RESPONSES: list[tuple[str, str, int, set[str]]] = [
    ("upload", "upload-form", 201, NEVER | WITHOUT_FILES),
    ("list", "list", 200, WITHOUT_BODIES | WITHOUT_FILES | WITHOUT_METRICS),
    ("delete", "delete", 200, WITHOUT_BODIES | BEHIND_THE_API),
    ("publish", "publish", 200, WITHOUT_BODIES),
    ("purge", "purge", 200, WITHOUT_BODIES),
    ("generate", "cancel-job", 404, NEVER | BEHIND_THE_API),
    ("webhook", "webhook", 401, WITHOUT_BODIES | WITHOUT_FILES),
    ("ingest", "ingest", 200, WITHOUT_BODIES),
    ("reconcile", "reconcile", 200, WITHOUT_BODIES),
    ("renditions", "rendition", 404, WITHOUT_BODIES | {"asset_api.renditions.new_files"}),
]
# Other functions, and one that needs another layer to respond but not to be imported.
OTHERS = sorted({*FUNCTIONS, "renditions"} - ({function for function, *_ in FIRST_RESPONSES} - {"renditions"}))


@pytest.fixture(scope="module")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("jwks", "JwksLayer", tmp_path_factory.mktemp("jwks"), Target.of_this_process().uv_platform)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("images", "ImagesLayer", tmp_path_factory.mktemp("images"), Target.of_this_process().uv_platform)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("video", "VideoLayer", tmp_path_factory.mktemp("video"), Target.of_this_process().uv_platform)


def run_with_layers_alone(code: str, *layers: Path) -> str:
    """Run `code` with only the standard library and the layers importable, and return its output."""
    paths = [str(layer) for layer in layers]
    isolated = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{code}"]
    return subprocess.run(isolated, check=True, capture_output=True, text=True, env={}).stdout


def test_every_function_imports_with_the_core_layer_alone(core: Path) -> None:
    """Functions that respond with it are imported in the test of what they load."""
    folders = [str(ROOT / "functions" / function) for function in OTHERS]
    code = f"""
for folder in {folders!r}:
    sys.path.insert(0, folder)
    import app
    print(app.__file__, app.handler.__name__)
    sys.path.remove(folder)
    del sys.modules["app"]
"""
    assert run_with_layers_alone(code, core).splitlines() == [f"{folder}/app.py handler" for folder in folders]


def test_the_jwks_layer_verifies_every_algorithm(core: Path, jwks: Path) -> None:
    default = "set(jwt.algorithms.get_default_algorithms())"
    code = f"import jwt.algorithms; print(sorted({{'RS256', 'ES256', 'EdDSA'}} & {default}))"
    assert run_with_layers_alone(code, core) == "[]\n"
    assert run_with_layers_alone(code, core, jwks) == "['ES256', 'EdDSA', 'RS256']\n"


def test_the_images_layer_contains_only_libvips_and_its_binding(core: Path, images: Path, tmp_path: Path) -> None:
    code = "from asset_api.renditions import images; print(images.pyvips.API_mode, images.pyvips.version(0))"
    assert run_with_layers_alone(code, core, images) == "True 8\n"
    assert {path.name.partition(".")[0] for path in images.iterdir()} == {
        *("_cffi_backend", "_libvips", "pyvips", "pyvips_binary"),
    }
    assert sum(zipped_bytes(images, tmp_path).values()) < MAX_ZIPPED_IMAGES_BYTES


def test_the_video_layer_contains_ffmpeg(core: Path, images: Path, video: Path) -> None:
    code = (
        "from asset_api.renditions import frames; import av; print(sorted(av.codecs_available & {'h264', 'libdav1d'}))"
    )
    assert run_with_layers_alone(code, core, images, video) == "['h264', 'libdav1d']\n"
    assert {path.name for path in video.iterdir()} == {"av", "av.libs"}


def test_the_layers_of_a_function_fit_lambdas_limit(core: Path, images: Path, video: Path) -> None:
    sizes = [path.stat().st_size for layer in (core, images, video) for path in layer.rglob("*") if path.is_file()]
    assert sum(sizes) < MAX_UNZIPPED_BYTES


def test_every_module_has_usable_bytecode(core: Path, jwks: Path, images: Path, video: Path) -> None:
    for layer in (core, jwks, images, video):
        sources = [path for path in layer.rglob("*.py") if path.stem.isidentifier()]
        assert sources
        for source in sources:
            compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
            assert int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED_HASH, source


@pytest.mark.parametrize(("function", "event", "status", "forbidden"), FIRST_RESPONSES)
def test_loads_no_unneeded_modules_for_its_first_response(
    function: str, event: str, status: int, forbidden: set[str], core: Path, images: Path
) -> None:
    layers = (core, images) if function == "renditions" else (core,)
    with stub_aws() as url:
        loaded = run(Subject(function, (ROOT / "functions" / function, *layers), event, status), url)
    modules = set(loaded["modules_at_first_response"])
    assert {"asset_api", "botocore"} <= modules
    assert not modules & forbidden


def test_the_core_layer_stays_small(core: Path, tmp_path: Path) -> None:
    zipped = zipped_bytes(core, tmp_path)
    assert sum(zipped.values()) < MAX_ZIPPED_BYTES
    assert sum(size for name, size in zipped.items() if not name.endswith(".pyc")) < MAX_ZIPPED_SOURCE_BYTES


def zipped_bytes(layer: Path, scratch: Path) -> dict[str, int]:
    """Return the size of each file of a layer in its archive, including its headers."""
    with zipfile.ZipFile(scratch / "layer.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in layer.rglob("*"):
            zipped.write(path, path.relative_to(layer.parent))
        # A header before the file, and one in the directory at the end (APPNOTE.TXT, sections 4.3.7 and 4.3.12).
        return {each.filename: each.compress_size + 30 + 46 + 2 * len(each.filename) for each in zipped.infolist()}


def test_the_arm_layers_fit_lambda_and_contain_arm_binaries(tmp_path: Path) -> None:
    layers = (("core", "CoreLayer"), ("images", "ImagesLayer"), ("video", "VideoLayer"))
    built = [build(layer, name, tmp_path / layer, "aarch64-manylinux2014") for layer, name in layers]
    binaries = {path: path.read_bytes() for layer in built for path in layer.rglob("*.so*")}
    assert {path.relative_to(tmp_path).parts[0] for path in binaries} == {layer for layer, _ in layers}
    # The ELF header's e_machine: 183 is AArch64.
    assert {int.from_bytes(binary[18:20], "little") for binary in binaries.values()} == {183}
    wanted = {match for binary in binaries.values() for match in re.findall(rb"\0GLIBC_2\.(\d+)", binary)}
    assert max(map(int, wanted)) <= GLIBC_2_OF_LAMBDA
    sizes = [path.stat().st_size for layer in built for path in layer.rglob("*") if path.is_file()]
    assert sum(sizes) < MAX_UNZIPPED_BYTES
