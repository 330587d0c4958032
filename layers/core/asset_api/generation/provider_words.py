"""A provider's own words, as they may be shown and logged.

Whatever fails, a provider may quote the input, and with it a URL of a private asset that anyone may read by until it
ends. So the signature goes from the words before anything is done with them, however the provider has escaped the URL.
"""

import json
import re

MAX_CHARACTERS = 500
# Before anything is replaced: a response may have megabytes, and each URL in it gets shorter.
_MAX_CHARACTERS_READ = 4000
REMOVED = "[removed]"
# As it is, percent-encoded, and escaped for JSON and HTML.
_EQUALS = r"(?:\s*(?:=|%(?:25)*3d|\\+u003d|&#0*61;|&#x0*3d;|&equals;)\s*)"
_VALUE = r"(?:[\w-]|%(?:25)*2d|%(?:25)*5f)+"
_PARAMETER = re.compile(rf"(signature|expires)({_EQUALS}[\"']?){_VALUE}", re.ASCII | re.IGNORECASE)
# By itself, as in the parsed query of a URL: 43 characters of base64url.
_SIGNATURE = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII)


def shown(words: object) -> str:
    """The words without signatures of URLs and without lone surrogates, which JSON can express and UTF-8 cannot."""
    text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    text = text[:_MAX_CHARACTERS_READ].encode("utf-8", "replace").decode()
    text = _PARAMETER.sub(rf"\1\2{REMOVED}", text)
    return _SIGNATURE.sub(REMOVED, text)[:MAX_CHARACTERS]
