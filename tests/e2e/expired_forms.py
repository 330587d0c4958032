"""Upload forms issued an hour ago, for which no test can wait."""

import base64
import datetime as dt
from typing import Any

from botocore.credentials import Credentials

from asset_api.media.file_types import MP4
from asset_api.publishing.arrivals import Upload
from asset_api.uploads.form_signing import FormSigner
from local import environment
from local.root_key import RootKey


def expired_form(form: dict[str, Any], key: RootKey) -> dict[str, Any]:
    """Return a genuinely signed form as the API would have issued it an hour ago."""
    fields = form["upload"]["fields"]
    name = base64.urlsafe_b64decode(fields["x-amz-meta-owner"] + "==").decode()
    base_url, _, bucket = form["upload"]["url"].rpartition("/")
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    signer = FormSigner(bucket, "", environment.REGION, base_url, lambda: credentials)
    upload = Upload(form["asset_id"], name, form["filename"], MP4)
    an_hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    return signer.sign(upload, size_bytes=None, issued_at=an_hour_ago, base_url=base_url)
