from mypy_boto3_s3.client import S3Client

from tests import media
from tests.functions.gateway import HOST, Caller


def test_takes_a_small_file_in_one_request(alice: Caller, s3: S3Client) -> None:
    data = media.jpeg()
    answer = alice.upload("image.jpg", data)
    assert answer.status == 201, answer.body
    body = answer.json()
    asset_id = body["asset_id"]
    url = f"https://{HOST}/api/v2/assets/{asset_id}"
    assert body == {"success": True, "url": url, "asset_id": asset_id, "filename": "image.jpg", "size_bytes": len(data)}
    assert answer.headers["location"] == url
    stored = s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert stored["Body"].read() == data
    assert stored["ContentType"] == "image/jpeg"
    assert alice.list().json()["assets"][0]["asset_id"] == asset_id
    assert alice.delete(asset_id).status == 200
    assert alice.delete(asset_id).status == 404
    assert alice.list().json()["assets"] == []
