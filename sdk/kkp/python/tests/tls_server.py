"""A fake KKP behind real TLS, for clients with a certificate alone."""

import hashlib
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

Handler = Callable[[httpx.Request], httpx.Response]


class TlsServer:
    """Serves `handler` on loopback; `thumbprints` are of the certificates that requests came with."""

    def __init__(self, handler: Handler, certificate: Path, client_authority: Path) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_authority)
        context.load_cert_chain(certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        self.thumbprints: list[bytes] = []
        self._server = _Server(("127.0.0.1", 0), _requests(handler, self.thumbprints))
        self._server.context = context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Do the handshake in the thread of the connection, which ends without a word where it fails."""
        try:
            with self.context.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except OSError:
            pass


def _requests(handler: Handler, thumbprints: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            thumbprints.append(hashlib.sha256(self.connection.getpeercert(True)).digest())
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = f"https://{self.headers['Host']}{self.path}"
            answer = handler(httpx.Request(self.command, url, headers=dict(self.headers), content=content))
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Requests
