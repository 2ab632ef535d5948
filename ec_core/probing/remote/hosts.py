"""Which hosts may be asked: any that a person names at a terminal, or those that a host allows.

An app is used by people who are not its host. There a name alone says nothing, since whoever owns
it decides where it leads: it is looked up once, every number it leads to must be allowed as well,
and it is the number that is connected to.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ec_core.errors import InputError
from ec_core.probing.remote.address import Address

ALLOW = "EC_ALLOW_HOSTS"
"""The environment variable: names, numbers or networks, each with or without a port, between
commas."""

LOOPBACK = "localhost,127.0.0.0/8,::1"
"""Allowed where the variable is not set: this machine and no other."""

Number = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str], list[str]]
"""From a name to the numbers it leads to."""


def look_up(name: str) -> list[str]:
    """The numbers that a name leads to, as this machine sees it. Raises InputError."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or "no such name"
        raise InputError(f"The host {name} was not found ({said}); check the address.") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _number(text: str) -> Number | None:
    """An IP address, the IPv4 one where it is written as IPv6; None for a name."""
    try:
        number = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(number, "ipv4_mapped", None)
    return mapped if mapped is not None else number


@dataclass(frozen=True)
class _Entry:
    """One word of the list: a name or a network, and a port where it names one."""

    name: str | None
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None

    @classmethod
    def of(cls, word: str) -> _Entry:
        text, port = word, None
        head, colon, tail = word.rpartition(":")
        if colon and tail.isdigit() and (head.count(":") == 0 or head.endswith("]")):
            text, port = head, int(tail)
        text = text.strip("[]").lower()
        try:
            return cls(None, ipaddress.ip_network(text, strict=False), port)
        except ValueError:
            return cls(text, None, port)

    def names(self, host: str, port: int) -> bool:
        return self.name == host.lower() and self.port in (None, port)

    def holds(self, number: Number, port: int) -> bool:
        if self.network is None or self.network.version != number.version:
            return False
        return number in self.network and self.port in (None, port)


@dataclass(frozen=True)
class Hosts:
    """A rule for hosts. words : the list as it was given; None: every host may be asked.

    >>> Hosts.listed("models.example, 10.0.0.0/8, [::1]:8080").words
    'models.example, 10.0.0.0/8, [::1]:8080'
    """

    words: str | None = None
    entries: tuple[_Entry, ...] = ()

    @classmethod
    def listed(cls, words: str) -> Hosts:
        """Those of a list and no others."""
        kept = (word.strip() for word in words.split(","))
        return cls(words, tuple(_Entry.of(word) for word in kept if word))

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Hosts:
        """What this app's host allows: EC_ALLOW_HOSTS, by default this machine alone.

        >>> Hosts.of_environment({}).words
        'localhost,127.0.0.0/8,::1'
        """
        return cls.listed(environment.get(ALLOW) or LOOPBACK)

    def number(self, address: Address, look_up: LookUp = look_up) -> str | None:
        """The number to connect to, None where the rule leaves that open.

        A name must be listed, and a name on the list must lead to public numbers or to listed
        ones; "localhost" may lead to this machine. Raises InputError for a host not allowed.

        >>> nowhere = Hosts.listed("models.example")
        >>> from ec_core.probing.remote.address import parse_address
        >>> nowhere.number(parse_address("http://models.example/x"), lambda name: ["10.0.0.1"])
        Traceback (most recent call last):
        ...
        ec_core.errors.InputError: The host models.example leads to 10.0.0.1, an address of a
        private network, which is not asked here; whoever runs this app can allow it in
        EC_ALLOW_HOSTS.
        """
        if self.words is None:
            return None
        host, port = address.origin
        given = _number(host)
        if given is not None:
            if not self._allows(given, port):
                raise InputError(self._refusal(host))
            return str(given)
        if not any(entry.names(host, port) for entry in self.entries):
            raise InputError(self._refusal(host))
        numbers = look_up(host)
        for text in numbers:
            number = _number(text)
            local = host == "localhost" and number is not None and number.is_loopback
            if number is None or not (local or number.is_global or self._allows(number, port)):
                raise InputError(
                    f"The host {host} leads to {text}, an address of a private network, which is "
                    f"not asked here; whoever runs this app can allow it in {ALLOW}."
                )
        return numbers[0]

    def _allows(self, number: Number, port: int) -> bool:
        return any(entry.holds(number, port) for entry in self.entries)

    def _refusal(self, host: str) -> str:
        allowed = ", ".join(str(self.words).split(","))
        return (
            f"The host {host} is not asked here, only {allowed}; "
            f"whoever runs this app can allow it in {ALLOW}."
        )
