"""Forged URLs of private assets, each derived from a signed URL that may read the file."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import NamedTuple

from asset_api.assets.signed_urls import UrlSigner

OTHER_ID = "0199d1a0-7c3b-7def-8a12-0123456789ac"
# Keys that an attacker may guess.
WRONG_KEYS = ("", "x" * 43, "k" * 43, "${UrlSigningKeys.Value}", "undefined", "null", "K" * 42, "K" * 44)


class Target(NamedTuple):
    """A raw path and query, as a client sends them."""

    path: str
    query: str

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Forgery(NamedTuple):
    name: str
    target: Target
    method: str = "GET"


Sign = Callable[[str, int], str]
"""Signs a path until a time, as the API does."""


def signer(*keys: str) -> Sign:
    return UrlSigner(keys).sign


def signature(signed: str) -> str:
    return signed.rpartition("=")[2]


def with_signature(path: str, expires: object, text: str) -> Target:
    return Target(path, f"expires={expires}&signature={text}")


def forgeries(path: str, expires: int, now: int, sign: Sign) -> Iterator[Forgery]:
    """Forge the URL that `sign` makes of the path of an asset's bytes, good until `expires` (Unix seconds)."""
    good = signature(sign(path, expires))
    yield from _changed_signatures(path, expires, good)
    yield from _other_signatures(path, expires, good)
    yield from _keys_and_digests(path, expires)
    yield from _times(path, expires, now, sign, good)
    yield from _other_files(path, expires, sign, good)
    yield from _queries(path, expires, good)
    yield from _paths(path, expires, good, sign)


def unsendable_forgeries(path: str, expires: int, sign: Sign) -> Iterator[Forgery]:
    """Forgeries that HTTP clients refuse to send or servers refuse to read, but that the edge may receive."""
    good, text = signature(sign(path, expires)), str(expires)
    yield from _foreign_digits(path, text, good)
    yield from _control_characters(path, text, good)
    yield from _odd_queries(path, text, good)
    yield from _odd_paths(path, text, good, lambda odd: signature(sign(odd, expires)))


def _foreign_digits(path: str, text: str, good: str) -> Iterator[Forgery]:
    scripts = {"Arabic": 0x660, "Devanagari": 0x966, "fullwidth": 0xFF10, "mathematical": 0x1D7CE}
    for name, zero in scripts.items():
        digits = "".join(chr(zero + int(each)) for each in text)
        own = base64.urlsafe_b64encode(hmac.digest(b"K" * 43, f"{path}\n{digits}".encode(), "sha256"))
        yield Forgery(f"expires: {name} digits", with_signature(path, digits, good))
        yield Forgery(f"expires: {name} digits, signed", with_signature(path, digits, own.rstrip(b"=").decode()))
        yield Forgery(f"expires: one {name} digit", with_signature(path, text[:-1] + digits[-1], good))


def _control_characters(path: str, text: str, good: str) -> Iterator[Forgery]:
    for name, end in {
        "LF": "\n",
        "CR": "\r",
        "CRLF": "\r\n",
        "LS": "\u2028",
        "PS": "\u2029",
        "NEL": "\x85",
        "NUL": "\0",
    }.items():
        yield Forgery(f"expires: {name} behind", with_signature(path, text + end, good))
        yield Forgery(f"expires: {name} in front", with_signature(path, end + text, good))
        yield Forgery(f"signature: {name} behind", with_signature(path, text, good + end))
        yield Forgery(f"path: {name} behind", with_signature(path + end, text, good))
        yield Forgery(f"the key: {name} behind", with_signature(f"{path}/private{end}", text, good))


def _odd_queries(path: str, text: str, good: str) -> Iterator[Forgery]:
    right = f"expires={text}&signature={good}"
    for name, query in {
        "an empty expires in front": f"expires=&{right}",
        "an empty expires behind": f"{right}&expires=",
        "an empty signature in front": f"signature=&{right}",
        "an empty signature behind": f"{right}&signature=",
        "an empty name": f"=&{right}",
        "flags": "expires&signature",
        "flags in front": f"expires&signature&{right}",
        "ten thousand zeros": f"expires={text}{'0' * 10_000}&signature={good}",
        "ten thousand signatures": f"expires={text}&signature={good * 10_000}",
        "ten thousand times the same": "&".join([right] * 10_000),
        "ten thousand other parameters": "&".join([*(f"a{number}=" for number in range(10_000)), right]),
    }.items():
        yield Forgery(f"query: {name}", Target(path, query))


def _odd_paths(path: str, text: str, good: str, signature_of: Callable[[str], str]) -> Iterator[Forgery]:
    for name, odd in {
        "an encoded slash before a rendition": f"{path}%2Fw320.webp",
        "an encoded slash before a frame": f"{path}%2fframe-last.png",
        "encoded slashes throughout": path.replace("/", "%2F"),
        "a Kelvin sign in the key": f"{path}/private".replace("i", "\u0130"),
        "a rendition below itself": f"{path}/w320.webp/private",
        "a query in the path": f"{path}%3Fexpires={text}",
        "a fragment": f"{path}#private",
    }.items():
        yield Forgery(f"path: {name}", with_signature(odd, text, good))
        yield Forgery(f"path, signed itself: {name}", with_signature(odd, text, signature_of(odd)))


def _changed_signatures(path: str, expires: int, good: str) -> Iterator[Forgery]:
    for at in range(len(good)):
        other = "A" if good[at] != "A" else "B"
        yield Forgery(f"signature changed at {at}", with_signature(path, expires, good[:at] + other + good[at + 1 :]))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(good[-1])
    for bits in (1, 2, 3):
        same_bytes = base64.urlsafe_b64encode(bytes([0, 0, (last & 60) ^ bits]))[-1:].decode()
        if same_bytes != good[-1]:
            name = f"another spelling of the same bytes, {bits}"
            yield Forgery(name, with_signature(path, expires, good[:-1] + same_bytes))


def _other_signatures(path: str, expires: int, good: str) -> Iterator[Forgery]:
    raw = base64.urlsafe_b64decode(f"{good}=")
    for name, text in {
        "no signature": "",
        "first character only": good[0],
        "truncated by one": good[:-1],
        "truncated in front": good[1:],
        "truncated to half": good[:21],
        "one too many": f"{good}A",
        "twice over": good * 2,
        "padded": f"{good}=",
        "padded, percent-encoded": f"{good}%3D",
        "first character percent-encoded": f"%{ord(good[0]):02X}{good[1:]}",
        "last character percent-encoded": f"{good[:-1]}%{ord(good[-1]):02x}",
        "every character percent-encoded": "".join(f"%{ord(each):02X}" for each in good),
        "in hex": raw.hex(),
        "in upper-case hex": raw.hex().upper(),
        "in base64 with plus and slash": base64.b64encode(b"\xfb\xff" * 16).decode(),
        "upper case": good.upper() if good != good.upper() else "A" * 43,
        "lower case": good.lower() if good != good.lower() else "a" * 43,
        "swapped case": good.swapcase(),
        "reversed": good[::-1] if good != good[::-1] else "A" * 43,
        "zeros": "A" * 43,
        "space in front": f"%20{good}",
        "plus in front": f"+{good}",
        "line feed behind": f"{good}%0A",
        "NUL behind": f"{good}%00",
        "fullwidth letter": f"%EF%BC%A1{good[1:]}",
        "combining accent behind": f"{good}%CC%81",
        "quotes": f"%22{good}%22",
        "brackets of an object": "[object%20Object]",
        "true": "true",
        "undefined": "undefined",
        "null": "null",
        "a wildcard": "*",
    }.items():
        yield Forgery(f"signature: {name}", with_signature(path, expires, text))


def _keys_and_digests(path: str, expires: int) -> Iterator[Forgery]:
    message = f"{path}\n{expires}".encode()
    for key in WRONG_KEYS:
        text = base64.urlsafe_b64encode(hmac.digest(key.encode(), message, "sha256")).rstrip(b"=").decode()
        yield Forgery(f"signed with {key[:12]!r} of {len(key)}", with_signature(path, expires, text))
    for name, digest in {
        "SHA-256 without a key": hashlib.sha256(message).digest(),
        "HMAC-SHA-1": hmac.digest(b"K" * 43, message, "sha1"),
        "HMAC-MD5": hmac.digest(b"K" * 43, message, "md5"),
        "HMAC-SHA-512, cut": hmac.digest(b"K" * 43, message, "sha512")[:32],
        "the key in front, as no HMAC": hashlib.sha256(b"K" * 43 + message).digest(),
    }.items():
        text = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        yield Forgery(name, with_signature(path, expires, text))


def _times(path: str, expires: int, now: int, sign: Sign, good: str) -> Iterator[Forgery]:
    for seconds in (0, 1, 2, 60, 3600, 604_800):
        ended = now - seconds
        yield Forgery(f"expired {seconds} s ago", with_signature(path, ended, signature(sign(path, ended))))
    for name, text in {
        "a second later": expires + 1,
        "a second earlier": expires - 1,
        "a year later": expires + 31_536_000,
        "the last that ten digits allow": 9_999_999_999,
        "eleven digits": 10 * expires,
        "nine digits": expires // 10,
        "in milliseconds": expires * 1000,
        "a zero in front": f"0{expires}",
        "a sign in front": f"+{expires}",
        "a sign in front, percent-encoded": f"%2B{expires}",
        "negative": -expires,
        "a space in front": f"%20{expires}",
        "a space behind": f"{expires}%20",
        "a line feed behind": f"{expires}%0A",
        "a tab behind": f"{expires}%09",
        "a fraction": f"{expires}.0",
        "an exponent": "2e9",
        "hex": hex(expires),
        "a separator": f"{expires // 1000}_{expires % 1000:03}",
        "a digit percent-encoded": f"%{ord(str(expires)[0]):02X}{str(expires)[1:]}",
        "fullwidth digits": "".join(f"%EF%BC%{0x90 + int(each):02X}" for each in str(expires)),
        "Arabic digits": "".join(f"%D9%{0xA0 + int(each):02X}" for each in str(expires)),
        "empty": "",
        "never": "never",
        "infinity": "Infinity",
        "not a number": "NaN",
    }.items():
        yield Forgery(f"expires: {name}", with_signature(path, text, good))
        if isinstance(text, str):
            own = base64.urlsafe_b64encode(hmac.digest(b"K" * 43, f"{path}\n{text}".encode(), "sha256"))
            form = with_signature(path, text, own.rstrip(b"=").decode())
            yield Forgery(f"expires, signed in a form that is never made: {name}", form)


def _other_files(path: str, expires: int, sign: Sign, good: str) -> Iterator[Forgery]:
    other = path.rpartition("/")[0] + "/" + OTHER_ID
    for name, signed_path, asked in (
        ("the file's for a rendition", path, f"{path}/w320.webp"),
        ("the file's for a frame", path, f"{path}/frame-last.png"),
        ("a rendition's for the file", f"{path}/w320.webp", path),
        ("a width's for another", f"{path}/w320.webp", f"{path}/w1920.webp"),
        ("a format's for another", f"{path}/w320.webp", f"{path}/w320.jpg"),
        ("a frame's for another", f"{path}/frame-first.png", f"{path}/frame-last.png"),
        ("a small frame's for the whole", f"{path}/frame-last-w160.webp", f"{path}/frame-last.png"),
        ("an image's for a frame of that width", f"{path}/w320.webp", f"{path}/frame-first-w320.webp"),
        ("another asset's", other, path),
        ("another asset's rendition's", f"{other}/w320.webp", f"{path}/w320.webp"),
        ("the collection's", path.rpartition("/")[0], path),
        ("the key's", f"{path}/private", path),
        ("the key's of a rendition", f"{path}/private/w320.webp", f"{path}/w320.webp"),
        ("a frame's key's", f"{path}/frames/frame-last.png", f"{path}/frame-last.png"),
        ("the upper-case path's", path.upper(), path),
        ("a path's without its slash", path[1:], path),
        ("a whole URL's", f"https://localhost{path}", path),
        ("a signed URL's", f"{path}?expires={expires}", path),
        ("everything's", "*", path),
        ("nothing's", "", path),
    ):
        yield Forgery(f"signature: {name}", with_signature(asked, expires, signature(sign(signed_path, expires))))
    # The signed message cannot be split elsewhere: the digits of the time are not part of a path.
    yield Forgery("a line feed within the path", with_signature(f"{path}%0A{expires}", expires, good))


def _queries(path: str, expires: int, good: str) -> Iterator[Forgery]:
    right = f"expires={expires}&signature={good}"
    for name, query in {
        "no query": "",
        "expires alone": f"expires={expires}",
        "signature alone": f"signature={good}",
        "expires twice": f"expires={expires}&{right}",
        "signature twice": f"{right}&signature={good}",
        "both twice": f"{right}&{right}",
        "another expires in front": f"expires=9999999999&{right}",
        "another expires behind": f"{right}&expires=9999999999",
        "another signature in front": f"signature={'A' * 43}&{right}",
        "another signature behind": f"{right}&signature={'A' * 43}",
        "one more parameter": f"{right}&v=1",
        "one more parameter in front": f"v=1&{right}",
        "one more parameter without a value": f"{right}&download",
        "an empty response-content-type": f"{right}&response-content-type=text/html",
        "upper-case names": f"EXPIRES={expires}&SIGNATURE={good}",
        "titled names": f"Expires={expires}&Signature={good}",
        "CloudFront's names": f"Expires={expires}&Signature={good}&Key-Pair-Id=K2JCJMDEHXQW5F",
        "S3's names": f"X-Amz-Expires={expires}&X-Amz-Signature={good}",
        "a name percent-encoded": f"%65xpires={expires}&signature={good}",
        "the other name percent-encoded": f"expires={expires}&signatur%65={good}",
        "names of lists": f"expires[]={expires}&signature[]={good}",
        "semicolons": f"expires={expires};signature={good}",
        "an escaped ampersand": f"expires={expires}%26signature={good}",
        "commas": f"expires={expires},signature={good}",
        "one parameter in the other": f"expires={expires}%26signature%3D{good}&signature=",
        "no equals sign": f"expires{expires}&signature{good}",
        "two equals signs": f"expires=={expires}&signature=={good}",
        "a question mark again": f"?{right}",
        "a fragment of a name": f"expire={expires}&signature={good}",
        "prototype names": f"__proto__={expires}&constructor={good}",
        "JSON": f"%7B%22expires%22:{expires},%22signature%22:%22{good}%22%7D",
    }.items():
        yield Forgery(f"query: {name}", Target(path, query))


def _paths(path: str, expires: int, good: str, sign: Sign) -> Iterator[Forgery]:
    folder, _, asset_id = path.rpartition("/")
    for name, odd in {
        "the key": f"{path}/private",
        "the key of a rendition": f"{path}/private/w320.webp",
        "the key of a frame": f"{path}/private/frames/frame-last.png",
        "the key in another case": f"{path}/PRIVATE",
        "the key, percent-encoded": f"{path}/%70rivate",
        "the key's slash percent-encoded": f"{path}%2Fprivate",
        "the key's slash percent-encoded twice": f"{path}%252Fprivate",
        "the key after a doubled slash": f"{path}//private",
        "the key after a dot": f"{path}/./private",
        "the key after a climb": f"{path}/x/../private",
        "the key after a backslash": f"{path}\\private",
        "a doubled slash before the key's id": f"{folder}//{asset_id}/private",
        "a climb before the key's id": f"{folder}/x/../{asset_id}/private",
        "a percent-encoded digit in the key's id": f"{folder}/%{ord(asset_id[0]):02X}{asset_id[1:]}/private",
        "a doubled slash in front of the key": f"/{path}/private",
        "a percent-encoded letter in front of the key": f"/%61{path[2:]}/private",
        "a slash behind": f"{path}/",
        "a dot behind": f"{path}.",
        "a space behind": f"{path}%20",
        "NUL behind": f"{path}%00",
        "a path parameter": f"{path};expires={expires}",
        "an upper-case collection": f"{folder.upper()}/{asset_id}",
        "a doubled slash": f"{folder}//{asset_id}",
        "a frame's folder": f"{path}/frames/frame-last.png",
        "an id without hyphens": f"{folder}/{asset_id.replace('-', '')}",
        "an id in braces": f"{folder}/%7B{asset_id}%7D",
        "a Cyrillic letter": f"{folder}/{asset_id[:-1]}%D0%B0",
    }.items():
        yield Forgery(f"path: {name}", with_signature(odd, expires, good))
        yield Forgery(f"path, signed itself: {name}", with_signature(odd, expires, signature(sign(odd, expires))))
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        yield Forgery(f"a {method}", with_signature(path, expires, good), method)
