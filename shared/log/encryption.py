"""Certificates for NATS. An address carries them, as it carries user and password:
`tls://user:password@host:4222?ca=FILE&cert=FILE&key=FILE`.

Who has a certificate of an authority, or an address of `tls`, is in earnest: a server that offers
no encryption is left before it is told anything.
"""

from __future__ import annotations

import ssl
from urllib.parse import parse_qs, urlencode, urlsplit

from shared.errors import Rejected
from shared.runtime.doors import Certificates
from shared.runtime.settings import Settings


class CertificateInvalid(Rejected):
    """The files of NATS_TLS_CA, NATS_TLS_CERT and NATS_TLS_KEY do not make a certificate."""

    code = "certificate_invalid"


def nats_address(settings: Settings) -> str:
    """Where these settings find NATS, with what they have to show there."""
    return secured(settings.nats_url, settings.nats_tls)


def secured(urls: str, certificates: Certificates) -> str:
    """The addresses with the files of these certificates, if there are any."""
    given = {name: file for name, file in certificates._asdict().items() if file}
    if not given:
        return urls
    each = (url.replace("nats://", "tls://", 1) for url in urls.split(","))
    return ",".join(f"{url}?{urlencode(given)}" for url in each)


def taken_apart(urls: str) -> tuple[str, ssl.SSLContext | None]:
    """The addresses without certificates, and what these make; None where nothing is in secret.

    Raises: CertificateInvalid.
    """
    parts = [urlsplit(url) for url in urls.split(",")]
    plain = ",".join(part._replace(query="").geturl() for part in parts)
    if not any(part.scheme == "tls" for part in parts):
        return plain, None
    files = {name: values[0] for name, values in parse_qs(parts[0].query).items()}
    return plain, _context(**files)


def _context(ca: str = "", cert: str = "", key: str = "") -> ssl.SSLContext:
    if bool(cert) != bool(key):
        raise CertificateInvalid(
            "expected NATS_TLS_CERT and NATS_TLS_KEY, got one of them: set both."
        )
    try:
        made = ssl.create_default_context(cafile=ca or None)
        if cert:
            made.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(filter(None, (ca, cert, key)))
        raise CertificateInvalid(
            f"expected certificates and a key in PEM in {files}, got {error.strerror or error}"
        ) from error
    return made
