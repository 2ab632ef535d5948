"""Addresses of models as people give them, and what is refused before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ec_core.errors import InputError, quoted

_SCHEMES = ("http", "https")

_MODEL = re.compile(
    r"(?P<root>.*)/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?(?:/infer|/ready)?/?"
)
"""The path of a model in the Open Inference Protocol; some gateways put more before it."""

_SECRETS = re.compile(
    r".*(key|token|secret|password|passwd|signature|credentials?)|sig|auth|authorization|pwd|pass|"
    r"code"
)
"""Words of names in a query that hold what must not be written down, as addresses are. (Some clouds
call theirs sig and code; max_tokens is a number.)"""

PORTS = {"http": 80, "https": 443}


def is_address(text: str) -> bool:
    """Does this begin as an address does?

    >>> is_address("HTTP://localhost:8080/v2/models/iris"), is_address("answers.npz")
    (True, False)
    """
    return text.partition("://")[0].lower() in _SCHEMES and "://" in text


@dataclass(frozen=True)
class Address:
    """An address that was looked at.

    url : as it was given, without ``/infer`` at its end; host, port : where it leads
    root : what stands before ``/v2``; model, version : in the Open Inference Protocol, model None
        where the address does not follow it
    """

    url: str
    scheme: str
    host: str
    port: int
    root: str
    model: str | None = None
    version: str | None = None

    @property
    def origin(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port


def _parts(text: str) -> tuple[SplitResult, int]:
    if any(ord(sign) < 33 or ord(sign) == 127 for sign in text):
        raise InputError(
            f"The address {quoted(text)} has blanks or control signs in it; write %20."
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        # it may repeat all of the address
        raise InputError(f"{quoted(text)} is no address: {str(error)[:200]}.") from None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise InputError(
            f"{quoted(text)} is no address; expected one such as "
            "http://localhost:8080/v2/models/NAME."
        )
    return parts, PORTS[parts.scheme] if port is None else port


def parse_address(text: str) -> Address:
    """An address as a person gives it. Raises InputError for one that cannot or must not be used.

    >>> iris = parse_address("http://localhost:8080/v2/models/iris/versions/2/infer")
    >>> iris.model, iris.version, iris.root, iris.origin
    ('iris', '2', 'http://localhost:8080', ('localhost', 8080))
    >>> parse_address("https://models.example/predict").model is None
    True
    """
    parts, port = _parts(text)
    if parts.username is not None or parts.password is not None:
        raise InputError(
            f"The address of {parts.hostname} holds a name or a password, and addresses are "
            "written into reports; put a bearer token into the environment variable EC_TOKEN."
        )
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if any(_SECRETS.fullmatch(word) for word in re.split(r"[^a-z0-9]+", name.lower())):
            raise InputError(
                f"The address of {parts.hostname} has {name}=… in its query, and addresses are "
                "written into reports; put a bearer token into the environment variable EC_TOKEN."
            )
    scheme, host = parts.scheme, str(parts.hostname)
    base = f"{scheme}://{parts.netloc}"
    found = _MODEL.fullmatch(parts.path)
    if found is None:
        url = parts._replace(fragment="").geturl()
        return Address(url, scheme, host, port, base)
    name, version = found["name"], found["version"]
    path = f"{found['root']}/v2/models/{name}" + (f"/versions/{version}" if version else "")
    return Address(f"{base}{path}", scheme, host, port, base + found["root"], name, version)
