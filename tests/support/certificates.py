"""Certificates for servers and clients on loopback, made by OpenSSL's command for one test."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import places

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@dataclass(frozen=True)
class Certificates:
    """Files: one authority, and a certificate of it that is good for both ends of a connection."""

    authority: Path
    certificate: Path
    key: Path

    def flags(self, prefix: str = "") -> tuple:
        """kvd's, of clients or with "peer-" of peers; each end shows its certificate."""
        return (f"--{prefix}cert-file={self.certificate}", f"--{prefix}key-file={self.key}",
                f"--{prefix}trusted-ca-file={self.authority}", f"--{prefix}client-cert-auth")


def make(directory: Path, name: str = "kvd-test") -> Certificates:
    directory.mkdir(parents=True, exist_ok=True)
    files = Certificates(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")
    authority_key = directory / "ca-key.pem"
    openssl("req", "-x509", *KEY, "-subj", "/CN=test authority", "-keyout", authority_key, "-out", files.authority)
    openssl("req", "-x509", *KEY, "-subj", f"/CN={name}", "-CA", files.authority, "-CAkey", authority_key,
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "extendedKeyUsage=serverAuth,clientAuth", "-keyout", files.key, "-out", files.certificate)
    return files


def openssl(*words) -> None:
    subprocess.run([places.tool("openssl", "openssl"), *map(str, words)], check=True, capture_output=True, timeout=60)
