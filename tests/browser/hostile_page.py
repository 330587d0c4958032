"""A web server of another origin, whose page tries to make the browser run what the service serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from tests.serving import Handler, serving

HTML = "text/html; charset=utf-8"

# Load `url` in several ways at once, and resolve to the outcome of each: `load` or `error`. Frames, which may report
# neither, end after a moment with `nothing`; everything else reports one of them, however slow the machine is.
EMBED = """
async ([ways, url]) => {
  const settled = (element, patience) => new Promise((resolve) => {
    element.onload = () => resolve('load');
    element.onerror = () => resolve('error');
    setTimeout(() => resolve('nothing'), patience);
  });
  const added = (tag, attributes, patience = 120_000) => {
    const element = Object.assign(document.createElement(tag), attributes);
    const end = settled(element, patience);
    document.body.append(element);
    return end;
  };
  const worker = (made) => new Promise((resolve) => {
    made.onmessage = () => resolve('load');
    made.onerror = () => resolve('error');
    setTimeout(() => resolve('nothing'), 120_000);
  });
  const embed = {
    'script': () => added('script', { src: url }),
    'script latin1': () => added('script', { src: url, charset: 'ISO-8859-1' }),
    'module': () => import(url).then(() => 'load', () => 'error'),
    'style': () => added('link', { rel: 'stylesheet', href: url }),
    'img': () => added('img', { src: url }),
    'iframe': () => added('iframe', { src: url }, 3000),
    'object': () => added('object', { data: url, type: 'text/html' }, 3000),
    'embed': () => added('embed', { src: url, type: 'text/html' }, 3000),
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
    """Serve `files` with the type they claim and without `nosniff`, as a control: they run then."""

    port: int
    files: dict[str, tuple[str, bytes]]
    ran: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def beacon(self, name: str) -> str:
        """The request that an active file makes when it runs."""
        return f"{self.url}ran/{name}"


class _Handler(Handler):
    page: ClassVar[HostilePage]

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        if path.startswith("ran/"):
            self.page.ran.add(path.removeprefix("ran/"))
        content_type, body = self.page.files.get(path, (HTML, b"<!doctype html><body></body>"))
        self.respond(200, body, {"Content-Type": content_type, "Access-Control-Allow-Origin": "*"})


@contextmanager
def hostile_page() -> Iterator[HostilePage]:
    """Serve the page on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    with serving(handler) as port:
        handler.page = page = HostilePage(port, {})  # type: ignore[attr-defined]  # of this class, which has it
        yield page
