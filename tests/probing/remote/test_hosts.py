"""Which hosts an app may ask: those on its list, and no name gets round it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec_core.errors import InputError
from ec_core.probing.remote import from_address
from ec_core.probing.remote.address import parse_address
from ec_core.probing.remote.hosts import Hosts
from tests.probing.remote.server import ModelServer, said

HERE = Hosts.of_environment({})


def _leads(*numbers: str):  # type: ignore[no-untyped-def]
    return lambda name: list(numbers)


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("http://localhost:8080/v2/models/x", "127.0.0.1"),
        ("http://127.0.0.5/v2/models/x", ""),
        ("http://[::1]:8080/v2/models/x", ""),
        ("http://[::ffff:127.0.0.1]/v2/models/x", ""),
    ],
)
def test_this_machine_may_be_asked(url: str, leads: str) -> None:
    assert HERE.number(parse_address(url), _leads(leads))


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("http://10.0.0.1/", ""),
        ("http://169.254.169.254/latest/meta-data", ""),
        ("http://0.0.0.0/", ""),
        ("http://[::ffff:10.0.0.1]/", ""),
        ("http://2130706433/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://localhost.example.org/", "127.0.0.1"),
        ("http://localhost/", "10.0.0.1"),
    ],
)
def test_nothing_else_may(url: str, leads: str) -> None:
    with pytest.raises(InputError, match="EC_ALLOW_HOSTS"):
        HERE.number(parse_address(url), _leads(leads))


def test_a_list_of_ones_own() -> None:
    hosts = Hosts.listed("models.example:8443, 10.1.0.0/16, Inner.example")
    asked = hosts.number(parse_address("https://models.example:8443/x"), _leads("93.184.216.34"))
    assert asked == "93.184.216.34"
    assert hosts.number(parse_address("http://10.1.2.3/x")) == "10.1.2.3"
    assert hosts.number(parse_address("http://inner.example/x"), _leads("10.1.7.7")) == "10.1.7.7"
    for url, leads in (
        ("https://models.example/x", ["93.184.216.34"]),  # another port
        ("https://models.example:8443/x", ["93.184.216.34", "192.168.0.1"]),  # one of them inside
        ("http://inner.example/x", ["10.2.0.1"]),
        ("http://localhost/x", ["127.0.0.1"]),  # the list replaces the usual one
    ):
        with pytest.raises(InputError, match="EC_ALLOW_HOSTS"):
            hosts.number(parse_address(url), _leads(*leads))


def test_no_redirect_leads_off_the_list_and_the_listed_server_is_asked(tmp_path: Path) -> None:
    with ModelServer(lambda x: x[:, :1] * 2) as server:
        model = from_address(server.url, keep=tmp_path, hosts=HERE)
        server.odd = lambda method, *asked: (
            said({}, 307, Location="http://169.254.169.254/") if method == "POST" else None
        )
        with pytest.raises(InputError, match="not followed"):
            model([[1.0, 2.0, 3.0, 4.0]])  # type: ignore[arg-type]
