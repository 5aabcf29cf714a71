"""An S3 server (moto) that checks signatures, as a process of its own."""

import os
import ssl
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port

_UNCHECKED = 4  # calls before signatures are checked: user, key, policy, bucket
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


@dataclass
class S3:
    """A running server with one bucket; `environment` is what AWS's own tools would be told."""

    process: "subprocess.Popen[bytes]"
    endpoint: str
    environment: dict[str, str]
    url: str = "s3://copies/house"

    def client(self) -> Any:
        """A client of AWS's own library."""
        return _client("s3", self.endpoint, self.environment)

    def stop(self) -> None:
        """End the server, and what it holds in memory."""
        self.process.kill()
        self.process.wait()


def s3(log: Path, *, identity: Path | None = None, authority: Path | None = None) -> S3:
    """Start a server with the bucket `copies`; from then on a wrong secret is refused. `identity`: it speaks TLS as
    localhost with this key and chain, signed by `authority`."""
    port = free_port()
    endpoint = f"https://localhost:{port}" if identity else f"http://127.0.0.1:{port}"
    secure = ["-s", "-c", str(identity), "-k", str(identity)] if identity else []
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), *secure],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(_UNCHECKED)},
            stdout=stream,
            stderr=stream,
        )
    _await(endpoint, process, log, authority)
    nobody = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_REGION": "us-east-1"}
    nobody |= {"AWS_CA_BUNDLE": str(authority)} if authority else {}
    iam = _client("iam", endpoint, nobody)
    iam.create_user(UserName="backup")
    key = iam.create_access_key(UserName="backup")["AccessKey"]
    iam.put_user_policy(UserName="backup", PolicyName="all", PolicyDocument=_POLICY)
    _client("s3", endpoint, nobody).create_bucket(Bucket="copies")
    told = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    told |= {"AWS_CA_BUNDLE": str(authority)} if authority else {}
    return S3(process, endpoint, told)


def _client(service: str, endpoint: str, told: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=told["AWS_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        verify=told.get("AWS_CA_BUNDLE"),
    )


def _await(endpoint: str, process: "subprocess.Popen[bytes]", log: Path, authority: Path | None) -> None:
    context = ssl.create_default_context(cafile=authority) if authority else None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=5, context=context).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])
