"""Listening addresses of the front door: loopback only, unless chosen otherwise."""

import socket
from contextlib import ExitStack

import pytest

from local.failures import LocalStackError
from local.listening import address_for_others, listening_sockets
from local.ports import claimed

EVERYWHERE = "0.0.0.0"  # noqa: S104
LOOPBACKS = {"127.0.0.1", "::1"}


def addresses(host: str) -> set[str]:
    with ExitStack() as opened, claimed([]) as port:
        sockets = listening_sockets(port, host)
        for each in sockets:
            opened.enter_context(each)
        return {each.getsockname()[0] for each in sockets}


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "::1"])
def test_listens_on_loopback_by_default(host: str) -> None:
    assert addresses(host) <= LOOPBACKS
    assert address_for_others(host) is None


@pytest.mark.parametrize("host", [EVERYWHERE, "::"])
def test_can_listen_on_every_address(host: str) -> None:
    listened = addresses(host)
    assert listened <= {EVERYWHERE, "::"}
    assert EVERYWHERE in listened


def test_listens_on_a_given_address_and_loopback() -> None:
    assert addresses("127.0.0.2") - LOOPBACKS == {"127.0.0.2"}
    assert address_for_others("127.0.0.2") == "127.0.0.2"


def test_the_address_for_other_machines_belongs_to_this_machine() -> None:
    address = address_for_others(EVERYWHERE)
    if address is not None:  # where there is a network
        with socket.socket() as probe:
            probe.bind((address, 0))


@pytest.mark.parametrize("host", ["192.0.2.7", "not-an-address.invalid"])
def test_an_address_of_another_machine_is_an_error_with_a_message(host: str) -> None:
    with pytest.raises(LocalStackError) as refused:
        addresses(host)
    assert host in refused.value.reason
    assert "make run HOST=0.0.0.0" in refused.value.remedy
