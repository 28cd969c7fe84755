"""The way to an API: proxies and certificates that the environment names, and no `.netrc`."""

from __future__ import annotations

import base64
from importlib.util import find_spec
from itertools import cycle, product
from typing import TYPE_CHECKING

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import proxies
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import NoAnswer
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.proxies import HOST, Proxy, certificate, encrypted

if TYPE_CHECKING:
    from typing import Any

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "last_name": "B", "mobile": "+4915112345678"}
SECRET = "k4narie-kennwort"
HTTP_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
HTTPS_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
UNSET = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), "")


def account(port: int, monitor: BasIp) -> dict[str, Any]:
    """Return a config for a monitor that speaks TLS behind a proxy."""
    config = monitor.target_config()
    return {**config, "bas_ip": {**config["bas_ip"], "api_url": f"https://{HOST}:{port}"}}


# Plain http.


@pytest.mark.parametrize(
    ("variable", "no_proxy"), [*zip(HTTP_PROXIES, ["", "example.com"] * 2, strict=True)]
)
def test_loopback_is_never_asked_through_a_proxy(
    workplace: Workplace, variable: str, no_proxy: str
) -> None:
    """The proxy would see user and password, whatever NO_PROXY says."""
    with Proxy() as proxy, ZohoVoice() as zoho, Cobai() as cobai:
        cobai.seed()
        env = {variable: f"http://{proxy.at}", "NO_PROXY": no_proxy, "no_proxy": no_proxy}
        run = workplace.target(zoho.target_config(), contacts(ANNA), env=env)
        read = workplace.run("tap-contacts", {"cobai": cobai.tap_config()}, env=env)
        assert (run.code, read.code, proxy.heard) == (0, 0, [])
        assert len(zoho.contacts) == 1


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "all_proxy"])
def test_a_monitor_in_plain_is_never_asked_through_a_proxy(
    workplace: Workplace, variable: str
) -> None:
    """Its sign-in goes over the LAN in plain, but not to whoever runs the proxy.

    0.0.0.0 is this machine, too, but not loopback.
    """
    with Proxy() as proxy, BasIp() as monitor:
        config = monitor.target_config()
        config["bas_ip"]["api_url"] = monitor.url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104
        config["allow_http"] = True
        run = workplace.target(config, contacts(ANNA), env={variable: f"http://{proxy.at}"})
        assert (run.code, proxy.heard, len(monitor.contacts)) == (0, [], 1)


# https.


@pytest.mark.parametrize(
    ("variable", "user"), [*zip(HTTPS_PROXIES, [f"user:{SECRET}", ""] * 2, strict=True)]
)
def test_https_goes_through_the_tunnel_of_a_proxy(
    workplace: Workplace, variable: str, user: str
) -> None:
    """The proxy learns the host and its own user; nobody else sees that user's password."""
    monitor = BasIp(password=SECRET)
    port = encrypted(monitor)
    with monitor, Proxy(user=user) as proxy:
        env = {
            variable: f"http://{user}@{proxy.at}" if user else proxy.at,
            "REQUESTS_CA_BUNDLE": str(certificate()),
            "LOGLEVEL": "DEBUG",
        }
        run = workplace.target(account(port, monitor), contacts(ANNA), env=env)
        assert (run.code, len(monitor.contacts)) == (0, 1)
        sent = [str(each.request.headers) for each in monitor.log]
    heard = b"".join(proxy.heard)
    assert {head.split(b" HTTP/1.")[0] for head in proxy.heard} == {
        f"CONNECT {HOST}:{port}".encode()
    }
    assert b"login" not in heard
    shown = [SECRET, base64.b64encode(f"user:{SECRET}".encode()).decode()]
    assert not any(each in run.log + run.out + "".join(sent) for each in shown)


@pytest.mark.parametrize(
    "tells",
    [
        *(b"", b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["wants another user", "has no way"],
)
def test_a_proxy_that_does_not_serve_is_named(workplace: Workplace, tells: bytes) -> None:
    """Nothing was sent, so that nothing is unknown; the proxy's password is not shown."""
    monitor = BasIp()
    port = encrypted(monitor)
    with monitor, Proxy(user="other:x", tells=tells) as proxy:
        at = proxy.at
        env = {"HTTPS_PROXY": f"http://user:{SECRET}@{at}", "LOGLEVEL": "DEBUG"}
        config = {**account(port, monitor), "max_tries": 2}
        run = workplace.target(config, contacts(ANNA), env=env)
        assert (run.code, monitor.log, run.summary["requests"]) == (1, [], 0)
    assert f"through the proxy {at}; check HTTPS_PROXY in the environment" in run.log
    assert SECRET not in run.log


@pytest.mark.parametrize("variable", HTTPS_PROXIES)
@pytest.mark.parametrize(
    "tells",
    [b"garbage\r\n", b"\0" * 99, b"HTTP/1.1 OK\r\n\r\n", b"\n", None],
    ids=["no HTTP", "bytes", "no status", "empty line", "nothing listens"],
)
def test_whatever_a_proxy_does_instead_of_leading_on_is_its_own(
    monkeypatch: pytest.MonkeyPatch, variable: str, tells: bytes | None
) -> None:
    """It is named with the variable that it stands in, and without its user and password."""
    with Proxy(user="other:x", tells=tells or b"") as proxy:
        at = proxy.at if tells else "127.0.0.1:9"
        monkeypatch.setenv(variable, f"http://user:{SECRET}@{at}")
        proxies.ways.cache_clear()
        pace = RateLimiter("BAS-IP", CircuitBreaker(), {})
        with pytest.raises(NoAnswer) as error:
            Transport(5, pace).send("GET", f"https://{HOST}/api?token={SECRET}")
        proxies.ways.cache_clear()
    why = "" if tells else " (nothing listens there)"
    expected = f"no connection through the proxy {at}{why}; check {variable} in the environment"
    assert (str(error.value), error.value.sent) == (expected, False)


WRONG = (
    f"http://user:{SECRET}@host:port",
    f"http://user:{SECRET}@host:99999",
    f"http://user:{SECRET}@host:0",
    f"http://user:{SECRET}@",
    f"http://user:{SECRET}@[::1",
    f"http://user:{SECRET}@ho st:1",
    f"http://user:{SECRET}@host:1\nX: y",
    f"gopher://user:{SECRET}@host:70",
    f"http://user:%E6%97%A5{SECRET}@127.0.0.1:1",
    f"user:{SECRET}@127.0.0.1:8080",
    "http://",
    *([] if find_spec("socks") else [f"socks5://user:{SECRET}@127.0.0.1:1080"]),
)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("variable", HTTPS_PROXIES)
def test_a_wrong_proxy_is_a_wrong_setting_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str
) -> None:
    """It is told without any part of the address."""
    monkeypatch.setenv(variable, wrong)
    proxies.ways.cache_clear()
    with pytest.raises(ConfigurationError, match=f"^{variable} in the environment ") as error:
        proxies.assert_passable(f"https://{HOST}")
    proxies.ways.cache_clear()
    assert SECRET not in str(error.value)


RUNS = list(zip(WRONG, cycle(product(HTTPS_PROXIES, [(), ("--check",)])), strict=False))
"""Wrong addresses, with every variable and every option; `assert_passable` is given all."""


@pytest.mark.parametrize(("wrong", "named"), RUNS[::5])
def test_a_wrong_proxy_ends_a_run_in_one_sentence_that_names_the_variable(
    workplace: Workplace, wrong: str, named: tuple[str, tuple[str, ...]]
) -> None:
    """Code 2, before anything is asked, without any part of the address."""
    variable, options = named
    config = {"api": "valomnia", "valomnia": {"username": "x", "password": "y"}}
    config["valomnia"]["api_url"] = f"https://{HOST}"  # type: ignore[index]
    env = {variable: wrong, "LOGLEVEL": "DEBUG"}
    run = workplace.run("target-contacts", config, *options, env=env)
    (line,) = (line for line in run.log.splitlines() if "| ERROR " in line)
    assert (run.code, f"| {variable} in the environment" in line) == (2, True)
    assert SECRET not in run.log


def test_a_wrong_proxy_does_not_matter_to_loopback(workplace: Workplace) -> None:
    """Nothing goes that way."""
    with ZohoVoice() as zoho:
        env = {"HTTPS_PROXY": WRONG[0], "HTTP_PROXY": WRONG[0], "ALL_PROXY": WRONG[0]}
        run = workplace.target(zoho.target_config(), contacts(ANNA), env=env)
        assert (run.code, len(zoho.contacts)) == (0, 1)


# Certificates.


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"REQUESTS_CA_BUNDLE": "certificate"}, 0),
        ({"CURL_CA_BUNDLE": "certificate"}, 0),
        ({"SSL_CERT_FILE": "certificate"}, 1),
        ({}, 1),
    ],
)
def test_which_certificates_count(workplace: Workplace, env: dict[str, str], code: int) -> None:
    """What `requests` reads: REQUESTS_CA_BUNDLE, or else CURL_CA_BUNDLE; never SSL_CERT_FILE."""
    monitor = BasIp()
    port = encrypted(monitor)
    config = monitor.target_config()
    config["bas_ip"]["api_url"] = f"https://127.0.0.1:{port}"
    with monitor:
        given = {**UNSET, **dict.fromkeys(env, str(certificate()))}
        run = workplace.target({**config, "max_tries": 1}, contacts(ANNA), env=given)
        assert (run.code, len(monitor.contacts)) == (code, 1 - code)
    assert ("its certificate is not trusted" in run.log) == bool(code)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("path", ["nowhere.pem", "target-contacts.json"])
def test_certificates_that_are_none_are_one_sentence(
    workplace: Workplace, variable: str, path: str
) -> None:
    """A file that is not there, or holds something else."""
    config = {"api": "valomnia", "valomnia": {"username": "x", "password": "y"}}
    config["valomnia"]["api_url"] = "https://127.0.0.1:9"  # type: ignore[index]
    run = workplace.run("target-contacts", config, env={**UNSET, variable: path})
    assert run.code == 2
    assert f"{variable} in the environment must name a file or folder of certificates" in run.log


def test_a_netrc_is_never_read(workplace: Workplace) -> None:
    """It would replace the sign-in by somebody else's user and password."""
    text = f"machine 127.0.0.1 login somebody password {SECRET}\ndefault login x password {SECRET}"
    path = workplace.folder / ".netrc"
    path.write_text(text)
    path.chmod(0o600)
    env = {"HOME": str(workplace.folder), "NETRC": str(path)}
    with ZohoVoice() as zoho, Cobai() as cobai:
        cobai.seed()
        run = workplace.target(zoho.target_config(), contacts(ANNA), env=env)
        read = workplace.run("tap-contacts", {"cobai": cobai.tap_config()}, env=env)
        asked = [each.request for api in (zoho, cobai) for each in api.log]
    assert (run.code, read.code) == (0, 0)
    assert not any("Basic" in request.headers.get("authorization", "") for request in asked)
