"""Base64url without padding (RFC 4648 section 5), in its one canonical spelling."""

import base64
import binascii


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Raise ValueError for padding, foreign characters, and set bits after the last byte."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url without padding") from None
    # The round trip also catches "+", "/", "=" inside the text, and non-zero trailing bits.
    if encode(data) != text:
        raise ValueError("not canonical base64url without padding")
    return data
