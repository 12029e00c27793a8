"""The required strength of password hashes in production, from OWASP's Password Storage Cheat Sheet.

It keeps a setting for tests out of production: the passwords of stolen weak hashes would be found at once.
"""

from __future__ import annotations

# The minimum of scrypt's p for each memory cost N, with r = 8, and of PBKDF2's iterations for each digest.
_SCRYPT_REPEATS = {2**17: 1, 2**16: 2, 2**15: 3, 2**14: 5, 2**13: 10}
_SCRYPT_BLOCK = 8
_PBKDF2_REPEATS = {"sha256": 600_000, "sha512": 210_000}


def is_strong(method: str) -> bool:
    """Whether one of Werkzeug's methods, with all its parameters, is at OWASP's level."""
    name, *parameters = method.split(":")
    if name == "scrypt":
        memory, block, repeats = map(int, parameters)
        needed = next((repeats for cost, repeats in _SCRYPT_REPEATS.items() if memory >= cost), None)
        return needed is not None and block >= _SCRYPT_BLOCK and repeats >= needed
    digest, repeats_of_digest = parameters
    return int(repeats_of_digest) >= _PBKDF2_REPEATS.get(digest, float("inf"))
