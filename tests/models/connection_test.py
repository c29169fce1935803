"""Connecting: what is missing is said, nothing is imported in vain, nothing leaks."""

import gc
import json
import os
import re
import ssl
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from inkchat.config import Api, ProviderName, ProviderSettings, load_settings
from inkchat.errors import NotConfigured
from inkchat.models import connect, identify, is_own_server
from inkchat.models.addresses import find_address
from inkchat.models.wire import open_client
from tests.models.given import KEY, NETWORKED, connect_to, ignore_text, request_of, settings_for
from tests.vendors import VendorServer

SDKS = (
    "openai",
    "anthropic",
    "ollama",
    "genai_prices",
    "httpx2",
    "httpx",
    "rapidocr",
    "onnxruntime",
    "numpy",
    "PIL",
)


def modules_after(code: str) -> set[str]:
    """The SDKs that a fresh Python has loaded after `code`."""
    program = (
        f"{code}\nimport json, sys\nprint(json.dumps([n for n in {SDKS!r} if n in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


CONNECT = """
from inkchat.config import ProviderName, ProviderSettings
from inkchat.models import connect
url = "http://127.0.0.1:9/v1"
connect(ProviderSettings(ProviderName({name!r}), api_key="k", base_url=url, model="m"))
"""


def test_the_package_imports_no_sdk() -> None:
    assert modules_after("import inkchat.models") == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ProviderName.ANTHROPIC, {"anthropic", "httpx2"}),
        (ProviderName.OPENAI, {"openai", "httpx2"}),
        (ProviderName.GROK, {"openai", "httpx2"}),
        (ProviderName.GEMINI, {"openai", "httpx2"}),
        (ProviderName.COMPATIBLE, {"openai", "httpx2"}),
        (ProviderName.OLLAMA, {"httpx2"}),
        (ProviderName.OFFLINE, set()),
    ],
)
def test_only_the_connected_providers_sdk_is_imported(
    name: ProviderName, expected: set[str]
) -> None:
    assert modules_after(CONNECT.format(name=str(name))) == expected


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (ProviderName.ANTHROPIC, "ANTHROPIC_API_KEY"),
        (ProviderName.OPENAI, "OPENAI_API_KEY"),
        (ProviderName.GEMINI, "GEMINI_API_KEY"),
        (ProviderName.GROK, "XAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named(name: ProviderName, variable: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        connect(ProviderSettings(name, model="m"))

    assert caught.value.what_happened == (
        f"There is no key for {name}: the variable {variable} is not set."
    )
    assert variable in caught.value.next_step
    assert caught.value.provider == name


def test_a_missing_key_is_named_by_the_variable_that_was_configured() -> None:
    settings = ProviderSettings(ProviderName.OPENAI, key_source="the variable MY_KEY", model="m")
    with pytest.raises(NotConfigured, match="the variable MY_KEY is not set"):
        connect(settings)


@pytest.mark.parametrize("name", [ProviderName.COMPATIBLE, ProviderName.OLLAMA])
def test_a_variable_that_was_configured_and_is_not_set_is_a_mistake_everywhere(
    name: ProviderName, tmp_path: Path
) -> None:
    section = f"{name}: {{base_url: 'http://127.0.0.1:9/v1', model: m, api_key_env: NOPE}}"
    file = tmp_path / "config.yaml"
    file.write_text(section, "utf-8")
    with pytest.raises(NotConfigured) as caught:
        connect(load_settings(file, {}).providers[name])

    assert caught.value.what_happened == (
        f"There is no key for {name}: the variable NOPE is not set."
    )
    assert "remove `api_key_env:`" in caught.value.next_step
    assert connect(load_settings(file, {"NOPE": KEY}).providers[name]).name == name


@pytest.mark.parametrize("key", [f"{KEY}\n", "sk-a b", "sk–dash", "sk-\x00", " "])
def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    settings = ProviderSettings(
        ProviderName.OPENAI, api_key=key, key_source="the variable K", model="m"
    )
    with pytest.raises(NotConfigured) as caught:
        connect(settings)

    assert key.strip() not in str(caught.value) or not key.strip()


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8080/v1",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://host:99999/v1",
        "http://host:x/v1",
        "http://a b/v1",
        "http://höst/v1",
    ],
)
@pytest.mark.parametrize("name", NETWORKED)
def test_an_address_that_is_none_is_refused(name: ProviderName, url: str) -> None:
    settings = ProviderSettings(name, api_key=KEY, base_url=url, model="m")
    with pytest.raises(NotConfigured, match="is not a web address"):
        connect(settings)


def test_a_password_in_an_address_is_refused_unseen() -> None:
    url = "http://me:hush-hush@127.0.0.1/v1"
    with pytest.raises(NotConfigured, match="has a name or a password in it") as caught:
        connect(ProviderSettings(ProviderName.COMPATIBLE, base_url=url, model="m"))

    assert "hush-hush" not in str(caught.value)


def test_a_compatible_server_needs_an_address_and_a_model() -> None:
    settings = ProviderSettings(ProviderName.COMPATIBLE)
    with pytest.raises(NotConfigured, match="has no address"):
        connect(settings)
    with pytest.raises(NotConfigured, match="No model is named"):
        connect(replace(settings, base_url="http://127.0.0.1:9/v1"))


def test_ollama_needs_neither_key_nor_address() -> None:
    provider = connect(ProviderSettings(ProviderName.OLLAMA, model="m"))

    assert (provider.name, provider.model) == (ProviderName.OLLAMA, "m")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.x.ai.evil.example",
        "http://api.x.ai",
        "http://api.x.ai/v1",
        "https://evil.example/?https://api.x.ai",
        "https://evil.example/api.x.ai/v1",
        "https://evil.example#api.x.ai",
        "https://eu.api.x.ai/v1",
        "https://api.x.ai.",
        "https://notapi.x.ai/v1",
        "https://api.x.ai\\.evil.example/v1",
        "https://127.0.0.1.evil.example/v1",
        "https://api-x-ai.example/v1",
    ],
)
def test_a_key_of_xais_goes_to_nobody_else(url: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        connect(ProviderSettings(ProviderName.GROK, api_key=KEY, base_url=url, model="m"))

    error = caught.value
    assert error.what_happened == (
        "The base_url of xAI Grok does not lead to xAI: its host must be api.x.ai, over https."
    )
    assert "`base_url:` under “xAI Grok”" in error.next_step
    assert KEY not in str(error)


def test_a_name_in_xais_address_is_refused_unseen() -> None:
    url = "https://api.x.ai:hush-hush@evil.example/v1"
    with pytest.raises(NotConfigured, match="has a name or a password in it") as caught:
        connect(ProviderSettings(ProviderName.GROK, api_key=KEY, base_url=url, model="m"))

    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (None, "https://api.x.ai/v1"),
        ("https://api.x.ai", "https://api.x.ai/v1"),
        ("https://api.x.ai/", "https://api.x.ai/v1"),
        ("https://API.x.ai:443/v1", "https://API.x.ai:443/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://localhost:8080/other", "http://localhost:8080/other"),
    ],
)
def test_xais_own_address_and_this_machines_are_taken(url: str | None, address: str) -> None:
    settings = ProviderSettings(ProviderName.GROK, api_key=KEY, base_url=url, model="m")

    assert connect(settings).name is ProviderName.GROK
    assert find_address(settings) == address


@pytest.mark.parametrize(
    ("name", "url", "address"),
    [
        (ProviderName.OLLAMA, None, "http://127.0.0.1:11434"),
        (ProviderName.OLLAMA, "http://box:11434/", "http://box:11434"),
        (ProviderName.OLLAMA, "http://box:11434/v1", "http://box:11434"),
        (ProviderName.OLLAMA, "http://box:11434/api/", "http://box:11434"),
        (ProviderName.ANTHROPIC, "https://proxy.example/v1/", "https://proxy.example"),
        (ProviderName.COMPATIBLE, None, ""),
        (ProviderName.COMPATIBLE, "http://box:8080/v1/", "http://box:8080/v1"),
    ],
)
def test_an_address_is_taken_in_the_forms_that_people_write(
    name: ProviderName, url: str | None, address: str
) -> None:
    assert find_address(ProviderSettings(name, base_url=url)) == address


def test_equal_ways_of_asking_have_equal_names_and_others_have_others() -> None:
    settings = ProviderSettings(ProviderName.OPENAI, api_key=KEY, model="m")
    others = [
        replace(settings, api_key="sk-other"),
        replace(settings, api_key=None),
        replace(settings, model="n"),
        replace(settings, base_url="http://127.0.0.1:9/v1"),
        replace(settings, name=ProviderName.GROK),
    ]

    assert identify(settings) == identify(replace(settings, temperature=0.5, timeout_seconds=1.0))
    assert identify(settings) == identify(replace(settings, base_url="https://api.openai.com/v1/"))
    assert len({identify(settings), *map(identify, others)}) == 6
    assert re.fullmatch("[0-9a-f]{32}", identify(settings))


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        (ProviderName.OLLAMA, None, True),
        (ProviderName.OLLAMA, "http://box:11434", False),
        (ProviderName.COMPATIBLE, "http://localhost:1/v1", True),
        (ProviderName.COMPATIBLE, "http://[::1]:1/v1", True),
        (ProviderName.COMPATIBLE, "http://127.0.0.1.example/v1", False),
        (ProviderName.COMPATIBLE, "http://[::1", False),
        (ProviderName.OPENAI, None, False),
        (ProviderName.OFFLINE, None, False),
    ],
)
def test_a_server_on_this_machine_is_known(
    name: ProviderName, url: str | None, expected: bool
) -> None:
    assert is_own_server(ProviderSettings(name, base_url=url)) is expected


def test_equal_settings_share_a_provider_and_other_settings_do_not() -> None:
    with VendorServer() as server:
        settings = settings_for(ProviderName.OPENAI, server)
        first = connect(settings)

        assert connect(replace(settings)) is first
        assert connect(replace(settings, model="other")) is not first


@pytest.mark.parametrize("name", NETWORKED)
def test_a_provider_that_nobody_holds_closes_its_connections(name: ProviderName) -> None:
    with VendorServer() as server:
        provider = connect_to(server, name)
        provider.complete(request_of(), ignore_text)
        sdk = getattr(provider, "_client", None)
        http = provider._http if sdk is None else sdk._client  # type: ignore[attr-defined]
        gone = weakref.ref(provider)
        del provider
        for number in range(8):  # as many as are kept open
            connect(ProviderSettings(ProviderName.OFFLINE, model=str(number)))
        gc.collect()

        assert gone() is None
        assert http.is_closed


LEAKY = {
    "OPENAI_API_KEY": "sk-env-openai",
    "OPENAI_ADMIN_KEY": "sk-env-admin",
    "OPENAI_ORG_ID": "org-env",
    "OPENAI_PROJECT_ID": "proj-env",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/openai",
    "OPENAI_CUSTOM_HEADERS": "X-Corp-Secret: hush\nAuthorization: Bearer sk-env-custom",
    "ANTHROPIC_API_KEY": "sk-env-anthropic",
    "ANTHROPIC_AUTH_TOKEN": "sk-env-token",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/anthropic",
    "ANTHROPIC_CUSTOM_HEADERS": "X-Corp-Secret: hush\nUser-Agent: hush",
    "GEMINI_API_KEY": "sk-env-gemini",
    "XAI_API_KEY": "sk-env-xai",
    "XAI_BASE_URL": "http://127.0.0.1:9/xai",
    "OLLAMA_HOST": "http://127.0.0.1:9",
    "OLLAMA_API_KEY": "sk-env-ollama",
}
FOREIGN_HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *((name, KEY) for name in NETWORKED),
        (ProviderName.COMPATIBLE, None),
        (ProviderName.OLLAMA, None),
    ],
)
def test_a_foreign_server_gets_nothing_from_the_environment(
    name: ProviderName, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in LEAKY.items():
        monkeypatch.setenv(variable, value)
    with VendorServer() as server:
        settings = replace(
            settings_for(name, server), api_key=key, key_source="the variable K" if key else ""
        )
        connect(settings).complete(request_of(), ignore_text)

    (received,) = server.asked
    authorization = f"Bearer {key or 'none'}"
    expected = set(FOREIGN_HEADERS)
    if name is ProviderName.ANTHROPIC:
        expected.add("anthropic-version")
    if name is ProviderName.OLLAMA and key is None:
        expected.remove("authorization")
    assert set(received.headers) == expected
    assert received.headers.get("authorization", authorization) == authorization
    assert received.headers["user-agent"] == "inkchat"
    sent = json.dumps([[asked.headers, asked.body] for asked in server.requests])
    for value in ("sk-env", "org-env", "proj-env", "hush"):
        assert value not in sent


OWN_DOMAINS = {
    "https://api.openai.com/v1": True,
    "https://eu.api.openai.com/v1": True,
    "https://api.openai.com.evil.example/v1": False,
    "https://notopenai.com/v1": False,
    "https://api.openai.com./v1": False,
    "https://api.openai.com@evil.example/v1": False,
}


@pytest.mark.parametrize("url", OWN_DOMAINS)
@pytest.mark.parametrize("own_domain", ["openai.com", ""])
def test_only_a_vendors_own_host_gets_what_the_environment_has_for_it(
    url: str, own_domain: str
) -> None:
    from inkchat.models.wire import open_client

    with open_client(url, "k", own_domain, timeout_seconds=5.0, stall_seconds=5.0) as http:
        request = http.build_request("POST", url, headers={"OpenAI-Organization": "org-env"})
        for hook in http.event_hooks["request"]:
            hook(request)

    is_own = OWN_DOMAINS[url] and own_domain != ""
    assert ("openai-organization" in request.headers) is is_own


@pytest.mark.parametrize(
    ("name", "api", "tells"),
    [
        (ProviderName.OPENAI, None, True),
        (ProviderName.OPENAI, Api.CHAT, True),
        (ProviderName.GROK, None, False),
        (ProviderName.GEMINI, None, False),
        (ProviderName.GEMINI, Api.RESPONSES, False),
        (ProviderName.COMPATIBLE, None, False),
    ],
)
def test_the_organisation_is_told_only_by_openais_own_section(
    name: ProviderName, api: Api | None, tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    # Even where another section leads to that host.
    url = None if name is ProviderName.GROK else "https://api.openai.com/v1"
    settings = replace(settings_for(name), base_url=url, api=api, stall_seconds=11.0)
    sdk = connect(settings)._client  # type: ignore[attr-defined]
    headers = {k: v for k, v in sdk.default_headers.items() if isinstance(v, str)}
    request = sdk._client.build_request("POST", sdk.base_url, headers=headers)
    assert request.headers["openai-organization"] == "org-env"
    for hook in sdk._client.event_hooks["request"]:
        hook(request)

    assert ("openai-organization" in request.headers) is tells


def test_the_path_that_other_vendors_have_is_taken_for_claude_too() -> None:
    with VendorServer() as server:
        connect_to(server, ProviderName.ANTHROPIC).complete(request_of(), ignore_text)

    assert server.url.endswith("/v1")
    assert server.requests[0].path == "/v1/messages"


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert os.environ["ALL_PROXY"]
    with VendorServer() as server:
        connect_to(server, ProviderName.COMPATIBLE).complete(request_of(), ignore_text)

    assert server.calls == 1


@pytest.mark.parametrize("host", ["api.openai.com", "127.0.0.1"])
def test_nobody_is_believed_without_a_certificate(host: str) -> None:
    with open_client(f"https://{host}", KEY, "", timeout_seconds=1.0, stall_seconds=1.0) as client:
        authorities = cast(Any, client)._transport._pool._ssl_context

    assert authorities.verify_mode is ssl.CERT_REQUIRED
    assert authorities.check_hostname
