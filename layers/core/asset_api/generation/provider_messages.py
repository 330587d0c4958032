"""A provider's error messages, redacted so that they can be shown and logged.

A provider may quote the input in an error, and with it the signed URL of a private asset, which anyone can read until
the URL expires. So the signature is removed from a message before it is used, however the provider escaped the URL.
"""

import json
import re

MAX_CHARACTERS = 500
# Truncate before replacing anything: a response may have megabytes, and each replacement shortens it.
_MAX_CHARACTERS_READ = 4000
REMOVED = "[removed]"
# Plain, percent-encoded, and escaped for JSON and HTML.
_EQUALS = r"(?:\s*(?:=|%(?:25)*3d|\\+u003d|&#0*61;|&#x0*3d;|&equals;)\s*)"
_VALUE = r"(?:[\w-]|%(?:25)*2d|%(?:25)*5f)+"
_PARAMETER = re.compile(rf"(signature|expires)({_EQUALS}[\"']?){_VALUE}", re.ASCII | re.IGNORECASE)
# A signature alone, as in the parsed query of a URL: 43 characters of base64url.
_SIGNATURE = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII)


def redact(message: object) -> str:
    """Return the message without URL signatures and without lone surrogates, which JSON allows but UTF-8 does not."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    text = text[:_MAX_CHARACTERS_READ].encode("utf-8", "replace").decode()
    text = _PARAMETER.sub(rf"\1\2{REMOVED}", text)
    return _SIGNATURE.sub(REMOVED, text)[:MAX_CHARACTERS]
