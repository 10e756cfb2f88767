"""Certificates of the lab's Kubernetes endpoints: one authority, one server certificate a region.

ECDSA P-256: a key takes a millisecond, where RSA takes a tenth of a second.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=365)
CLOCK_TOLERANCE = timedelta(hours=1)


@dataclass(frozen=True)
class _Signer:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey


def write(
    directory: Path, addresses: Mapping[str, Iterable[str]], *, now: datetime | None = None
) -> dict[str, dict[str, Path]]:
    """Make an authority and a server certificate for each region, and write them as PEM below ``directory``.

    Args:
        directory: gets ``ca.pem`` and, for each region, ``<region>.pem`` and ``<region>.key`` (mode 0600).
        addresses: region → every IP address or DNS name under which clients reach its API.
        now: the time of day from which the certificates are valid (default: the machine's).

    Returns:
        region → {"cert", "key", "ca"} as paths.

    """
    directory.mkdir(parents=True, exist_ok=True)
    moment = now or datetime.now(UTC)
    authority = _Signer(_name("blackstart lab authority"), ec.generate_private_key(ec.SECP256R1()))
    ca = directory / "ca.pem"
    ca.write_bytes(_pem(_authority_certificate(authority, moment)))
    return {region: _server(directory, region, names, authority, moment) for region, names in addresses.items()}


def _server(
    directory: Path, region: str, names: Iterable[str], authority: _Signer, moment: datetime
) -> dict[str, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    paths = {"cert": directory / f"{region}.pem", "key": directory / f"{region}.key", "ca": directory / "ca.pem"}
    paths["cert"].write_bytes(_pem(_server_certificate(region, names, key, authority, moment)))
    paths["key"].touch(mode=0o600)
    paths["key"].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def _authority_certificate(authority: _Signer, moment: datetime) -> x509.Certificate:
    builder = _builder(authority.name, authority.key.public_key(), authority, moment)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(authority.key, hashes.SHA256())
    )


def _server_certificate(
    region: str, names: Iterable[str], key: ec.EllipticCurvePrivateKey, authority: _Signer, moment: datetime
) -> x509.Certificate:
    builder = _builder(_name(f"kubernetes {region}"), key.public_key(), authority, moment)
    return (
        builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, public_key: ec.EllipticCurvePublicKey, authority: _Signer, moment: datetime
) -> x509.CertificateBuilder:
    # Python 3.13's strict verification wants both key identifiers.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - CLOCK_TOLERANCE)
        .not_valid_after(moment + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
