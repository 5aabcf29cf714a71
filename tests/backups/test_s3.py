"""The same in a bucket whose server checks signatures."""

from collections.abc import Iterator

import pytest

from tests.backups.house import House
from tests.world.s3 import S3, s3


@pytest.fixture
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    started = s3(tmp_path_factory.mktemp("s3") / "log")
    yield started
    started.stop()


@pytest.mark.req("SEC-3")
def test_backups_are_taken_into_a_bucket_listed_verified_and_pruned(house: House, bucket: S3) -> None:
    told = {**bucket.environment, "MANDATA_BACKUP_STORE": bucket.url}
    full, more = house.backup("--full", **told), house.backup("--incremental", **told)
    assert [row["id"] for row in house.told("backup", "list", code=0, **told)] == [full["id"], more["id"]]
    verified = house.told("backup", "verify", "--identity", str(house.identity), code=0, **told)
    assert all(row["good"] and row["opened"] for row in verified)
    assert house.told("backup", "prune", code=0, **told)[0]["backups"] == []
    client = bucket.client()
    names = [one["Key"] for one in client.list_objects_v2(Bucket="copies")["Contents"]]
    assert f"house/backups/{full['id']}/manifest.json" in names
    client.delete_object(Bucket="copies", Key=f"house/backups/{more['id']}/base.tar.gz.00000.age")
    assert "is missing" in house.told("backup", "verify", more["id"], code=1, **told)[0]["faults"][0]


@pytest.mark.req("SEC-3")
def test_a_wrong_secret_and_a_bucket_that_is_away_are_told_and_nothing_is_half(house: House, bucket: S3) -> None:
    told = {**bucket.environment, "MANDATA_BACKUP_STORE": bucket.url}
    said = house.run("backup", "--full", code=1, **{**told, "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert "does not do what it should" in said
    assert house.sql("select count(*) from backups_backup where state = 'taking'") == 0
    bucket.stop()
    said = house.run("backup", "--full", code=1, **told)
    assert "s3://copies/house does not do what it should" in said
    assert house.sql("select count(*) from backups_backup where state = 'taking'") == 0
