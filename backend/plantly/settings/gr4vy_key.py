"""The private key with which Gr4vy knows the shop: ECDSA on the curve P-521, in a PEM file."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP521R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_MOST_BYTES = 64 * 1024
_REMEDY = "Make a new API key in the dashboard and use its file as it was downloaded."


class KeyProblem(Exception):
    """Why a key cannot be used; it says nothing of what is in the file."""


def read_private_key(path: Path) -> str:
    """Return the text of a key that Gr4vy accepts.

    Raises:
        KeyProblem: There is none, or it is not one of Gr4vy's.
    """
    text = _read(path)
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise KeyProblem(f"the key in {path} is locked with a password. {_REMEDY}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyProblem(f"{path} is not a private key in PEM. {_REMEDY}") from None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise KeyProblem(f"the key in {path} is not an elliptic curve key. {_REMEDY}")
    if not isinstance(key.curve, SECP521R1):
        raise KeyProblem(
            f"the key in {path} is on the curve {key.curve.name}, and Gr4vy takes P-521 only. "
            f"{_REMEDY}"
        )
    return text


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("ascii")
    except FileNotFoundError:
        raise KeyProblem(f"there is no file {path}.") from None
    except UnicodeDecodeError:
        raise KeyProblem(f"{path} is not a private key in PEM. {_REMEDY}") from None
    except OSError:
        raise KeyProblem(f"{path} cannot be read: let the user of the shop read it.") from None
