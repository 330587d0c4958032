"""The OpenAPI document with samples in curl, Python and JavaScript, for the API reference."""

import json
import re
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SERVERS = [
    {"url": "http://localhost:8000", "description": "make run"},
    {
        "url": "https://{host}",
        "description": "your deployment",
        "variables": {"host": {"default": "d111111abcdef8.cloudfront.net"}},
    },
]
METHODS = ("get", "head", "post", "put", "patch", "delete")
PUBLIC = ("getAsset", "headAsset", "getHealth", "getOpenApi")

# Python and JavaScript, by the clients. `client` is an AssetClient. What is not here is shown as a plain request.
BY_CLIENT: dict[str, tuple[str, str]] = {
    "uploadAsset": (
        'asset = client.upload("photo.jpg", on_progress=lambda sent, total: print(sent, total))\nprint(asset["url"])',
        """const { url } = await client.upload(file, {
  onProgress: ({ loaded, total }) => console.log(loaded / total),
});""",
    ),
    "completeUpload": (
        'client.upload("clip.mp4")  # requests the form, posts the file and completes',
        "await client.upload(file); // requests the form, posts the file and completes",
    ),
    "listAssets": (
        'for asset in client.assets():\n    print(asset["filename"], asset["url"])',
        "for await (const asset of client.assets()) console.log(asset.filename, asset.url);",
    ),
    "getAsset": (
        "path = client.download(asset_id)",
        "const bytes = await (await fetch(asset.url)).blob(); // no token",
    ),
    "getAssetMetadata": ("asset = client.get(asset_id)", "const asset = await client.get(assetId);"),
    "changeAsset": (
        'client.update(asset_id, filename="sunset.jpg", tags=["beach"])',
        'await client.update(assetId, { filename: "sunset.jpg", tags: ["beach"] });',
    ),
    "deleteAsset": ("client.delete(asset_id)", "await client.delete(assetId);"),
    "deleteAssets": ("client.delete_many(asset_ids)", "await client.deleteMany(assetIds);"),
    "importAsset": (
        'job = client.import_url("https://example.com/photo.jpg")\nprint(client.wait_for_job(job["job_id"]))',
        """const { job_id } = await client.importUrl("https://example.com/photo.jpg");
const job = await client.waitForJob(job_id);""",
    ),
    "getUsage": ("usage = client.usage()", "const usage = await client.usage();"),
    "eraseOwner": ("job = client.erase_owner()", "const { job_id } = await client.eraseOwner();"),
    "generate": (
        """job = client.generate("Make them wave", "minimax/video-01", {"first_frame_image": image["url"]})
print(client.wait_for_job(job["job_id"])["video_url"])""",
        """const { job_id } = await client.generate({
  prompt: "Make them wave",
  modelId: "minimax/video-01",
  input: { first_frame_image: image.url },
});
console.log((await client.waitForJob(job_id)).video_url);""",
    ),
    "listJobs": (
        "page = client.list_jobs(limit=20)",
        "const { jobs, next_cursor } = await client.listJobs({ limit: 20 });",
    ),
    "getJob": ("job = client.get_job(job_id)", "const job = await client.getJob(jobId);"),
    "cancelJob": ("client.cancel_job(job_id)", "await client.cancelJob(jobId);"),
}
_PYTHON = """\
import os
from asset_upload_client import AssetClient

with AssetClient(os.environ["ASSETS_URL"], os.environ["ASSETS_TOKEN"]) as client:
    {}
"""
_JAVASCRIPT = """\
import {{ AssetClient }} from "asset-upload-client";

const client = new AssetClient(url, token);
{}
"""


def _body(operation: Document) -> tuple[str, Any]:
    """The media type of a request's body, and an example of it; two empty strings without one."""
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return "multipart/form-data", None
    for media_type, described in content.items():
        examples = [each.get("value") for each in described.get("examples", {}).values()]
        return media_type, described.get("example", examples[0] if examples else {})
    return "", ""


def _curl(method: str, path: str, operation: Document) -> str:
    media_type, body = _body(operation)
    lines = [f'curl "$ASSETS_URL{path}"' if method == "get" else f'curl -X {method.upper()} "$ASSETS_URL{path}"']
    if method == "head":
        lines = [f'curl --head "$ASSETS_URL{path}"']
    if operation["operationId"] not in PUBLIC:
        lines.append('-H "Authorization: Bearer $ASSETS_TOKEN"')
    if media_type == "multipart/form-data":
        lines[0] = f'curl "$ASSETS_URL{path}"'
        lines.append("-F file=@photo.jpg")
    elif media_type:
        lines += [f'-H "Content-Type: {media_type}"', f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join(lines)


def _httpx(method: str, path: str, operation: Document) -> str:
    media_type, body = _body(operation)
    url = 'os.environ["ASSETS_URL"] + f"' + path + '"' if "{" in path else f'os.environ["ASSETS_URL"] + "{path}"'
    arguments = [url]
    if operation["operationId"] not in PUBLIC:
        arguments.append("""headers={"Authorization": f"Bearer {os.environ['ASSETS_TOKEN']}"}""")
    if media_type.endswith("json"):
        arguments.append(f"json={body!r}")
    return f"import os\nimport httpx\n\nresponse = httpx.{method}(\n    " + ",\n    ".join(arguments) + ",\n)"


def _fetch(method: str, path: str, operation: Document) -> str:
    media_type, body = _body(operation)
    url = "`${url}" + path.replace("{", "${") + "`"
    options = [] if method == "get" else [f'  method: "{method.upper()}",']
    headers = [] if operation["operationId"] in PUBLIC else ["Authorization: `Bearer ${token}`"]
    if media_type.endswith("json"):
        headers.append(f'"Content-Type": "{media_type}"')
    if headers:
        options.append(f"  headers: {{ {', '.join(headers)} }},")
    if media_type.endswith("json"):
        options.append(f"  body: JSON.stringify({json.dumps(body)}),")
    return f"const response = await fetch({url}" + (", {\n" + "\n".join(options) + "\n}" if options else "") + ");"


def of(method: str, path: str, operation: Document) -> list[dict[str, str]]:
    python, javascript = _httpx(method, path, operation), _fetch(method, path, operation)
    if operation["operationId"] in BY_CLIENT:
        calls = BY_CLIENT[operation["operationId"]]
        python = _PYTHON.format(calls[0].replace("\n", "\n    "))
        javascript = _JAVASCRIPT.format(calls[1])
    return [
        {"lang": "shell", "label": "curl", "source": _curl(method, path, operation)},
        {"lang": "python", "label": "Python", "source": python},
        {"lang": "javascript", "label": "JavaScript", "source": javascript},
    ]


def with_samples(document: Document) -> Document:
    document["servers"] = SERVERS
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                item[method]["x-codeSamples"] = of(method, path, item[method])
    return document


def write(source: Path, target: Path) -> None:
    document = with_samples(json.loads(source.read_text(encoding="utf-8")))
    target.write_text(json.dumps(document), encoding="utf-8")


def calls(code: str) -> set[str]:
    """The methods of `client` that a sample calls."""
    return set(re.findall(r"\bclient\.(\w+)\(", code))
