"""A web server of another origin, whose page tries every way to have a browser run what the service serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

HTML = "text/html; charset=utf-8"

# Loads `url` in several ways at once, and resolves to whether each was taken: `load` or `error`, or after a moment
# `nothing`.
EMBED = """
async ([ways, url]) => {
  const settled = (element) => new Promise((resolve) => {
    element.onload = () => resolve('load');
    element.onerror = () => resolve('error');
    setTimeout(() => resolve('nothing'), 3000);
  });
  const added = (tag, attributes) => {
    const element = Object.assign(document.createElement(tag), attributes);
    const end = settled(element);
    document.body.append(element);
    return end;
  };
  const worker = (made) => new Promise((resolve) => {
    made.onmessage = () => resolve('load');
    made.onerror = () => resolve('error');
    setTimeout(() => resolve('nothing'), 3000);
  });
  const embed = {
    'script': () => added('script', { src: url }),
    'script latin1': () => added('script', { src: url, charset: 'ISO-8859-1' }),
    'module': () => import(url).then(() => 'load', () => 'error'),
    'style': () => added('link', { rel: 'stylesheet', href: url }),
    'img': () => added('img', { src: url }),
    'iframe': () => added('iframe', { src: url }),
    'object': () => added('object', { data: url, type: 'text/html' }),
    'embed': () => added('embed', { src: url, type: 'text/html' }),
    'worker': async () => worker(new Worker(url)),
    'imported': () => {
      const code = `importScripts('${url}'); postMessage('taken');`;
      return worker(new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))));
    },
    'service worker': () => navigator.serviceWorker.register(url).then(() => 'load', () => 'error'),
  };
  const ends = ways.map(async (way) => {
    try { return [way, await embed[way]()]; } catch { return [way, 'error']; }
  });
  return Object.fromEntries(await Promise.all(ends));
}
"""


@dataclass
class HostilePage:
    """`files` are served as the type they claim, without `nosniff`: a control, as there they do run."""

    port: int
    files: dict[str, tuple[str, bytes]]
    ran: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def beacon(self, name: str) -> str:
        """What an active file fetches where it runs."""
        return f"{self.url}ran/{name}"


class _Handler(BaseHTTPRequestHandler):
    page: ClassVar[HostilePage]

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        if path.startswith("ran/"):
            self.page.ran.add(path.removeprefix("ran/"))
        content_type, body = self.page.files.get(path, (HTML, b"<!doctype html><body></body>"))
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Says nothing."""


@contextmanager
def hostile_page() -> Iterator[HostilePage]:
    """The server, running on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        page = HostilePage(server.server_address[1], {})
        handler.page = page  # type: ignore[attr-defined]  # of this class, which has it
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield page
        finally:
            server.shutdown()
            thread.join()
