"""A real time-stamping authority for tests: `openssl ts` behind a small HTTP server on the loopback."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIGURATION = """
[ req ]
distinguished_name = name
[ name ]
[ root ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ signer ]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ tsa ]
default_tsa = here
[ here ]
serial = FOLDER/serial
crypto_device = builtin
signer_cert = FOLDER/signer.pem
signer_key = FOLDER/signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
ess_cert_id_alg = sha256
"""


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=60)


class Authority:
    """Its certificates, and what it answers; `failing` makes it answer 503, `asked` counts."""

    def __init__(self, folder: Path, name: str = "Test Time", *, with_root: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.failing, self.asked, self.url = folder, False, 0, ""
        self.certificates = folder / "root.pem"
        self._configuration = folder / "openssl.cnf"
        more = "certs = FOLDER/root.pem\n" if with_root else ""
        self._configuration.write_text((_CONFIGURATION + more).replace("FOLDER", str(folder)))
        (folder / "serial").write_text("01\n")
        make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-sha256")
        with_file = ("-config", self._configuration)
        root = ("-subj", f"/CN={name} Root", "-extensions", "root", "-keyout", folder / "root.key")
        _run(*make, *with_file, *root, "-out", self.certificates)
        ask = ("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}")
        _run(*ask, *with_file, "-keyout", folder / "signer.key", "-out", folder / "signer.csr")
        sign = ("openssl", "x509", "-req", "-in", folder / "signer.csr", "-CA", self.certificates, "-CAcreateserial")
        extended = ("-extfile", self._configuration, "-extensions", "signer", "-days", "3650", "-sha256")
        _run(*sign, "-CAkey", folder / "root.key", *extended, "-out", folder / "signer.pem")

    def answer(self, query: bytes) -> bytes:
        """Return the answer to a query."""
        asked, given = self.folder / "query.tsq", self.folder / "answer.tsr"
        asked.write_bytes(query)
        command = ("openssl", "ts", "-reply", "-config", self._configuration, "-queryfile", asked, "-out", given)
        _run(*command)
        return given.read_bytes()


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """Answer over HTTP, one at a time, for as long as the block lasts."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.failing:
                self.send_error(503)
                return
            with turn:
                answer = authority.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
