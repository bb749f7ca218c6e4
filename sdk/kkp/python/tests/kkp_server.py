"""A KKP with callers: TLS with certificates, API keys, and JWTs of an issuer whose key the tests have."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from certificates import LOOPBACK, Authority
from tokens import jwks, sign

ROOT = Path(__file__).parents[4]
ISSUER = "https://idp.example"
CALLERS = ("svc-billing", "svc-gateway")


class KkpServer:
    """Runs until it is closed. `ca` is its authority; `certificates` and `api_keys` are of its `CALLERS`."""

    def __init__(self, folder: Path) -> None:
        authority = Authority()
        self.ca = authority.write(folder / "ca.pem")
        server = authority.issue(folder / "server.pem", LOOPBACK)
        self.certificates = {name: authority.issue(folder / f"{name}.pem") for name in CALLERS}
        self.api_keys = {name: _make_api_key(name, folder / "keys.json") for name in CALLERS}
        (folder / "jwks.json").write_text(json.dumps(jwks()))
        config = {
            "listen": "127.0.0.1:0",
            "tls": {
                "cert_file": str(server),
                "key_file": str(server),
                "client_ca_file": str(self.ca),
                "client_certificate": "optional",
            },
            "callers": [
                {"kind": "mtls", "idFrom": "cn"},
                {"kind": "api_key", "file": str(folder / "keys.json")},
                {
                    "kind": "jwt",
                    "issuer": ISSUER,
                    "audience": "kkp",
                    "jwksFile": str(folder / "jwks.json"),
                },
            ],
        }
        (folder / "config.json").write_text(json.dumps(config))
        self._process = subprocess.Popen(  # noqa: S603
            _node("main.js"),
            env={"PATH": os.environ["PATH"], "KKP_CONFIG": str(folder / "config.json")},
            stdout=subprocess.PIPE,
        )
        self.url = self._address()
        # Or its log would fill the pipe, and hold it up.
        self._reading = threading.Thread(target=self._process.communicate)
        self._reading.start()

    def close(self) -> None:
        self._process.terminate()
        self._reading.join()

    def _address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            entry = json.loads(line)
            if entry["msg"] == "listening":
                return str(entry["address"])
        raise RuntimeError("the server did not start")


def jwt_of(subject: str, **claims: object) -> str:
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": "kkp", "sub": subject, "iat": now, "exp": now + 300, **claims}
    return sign({"alg": "EdDSA", "typ": "JWT", "kid": "key-1"}, payload)


def _make_api_key(name: str, file: Path) -> str:
    command = [*_node("cli", "kkp.js"), "apikey", "create", "--name", name, "--file", str(file)]
    made: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
    return str(made["key"])


def _node(*path: str) -> list[str]:
    return ["node", str(ROOT.joinpath("dist", *path))]
