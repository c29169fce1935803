"""config.yaml: defaults, mistakes with their line, and a file that changes while we run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.config import (
    Allowance,
    Api,
    Budget,
    Caching,
    Ceiling,
    Limits,
    Price,
    ProviderName,
    Settings,
    SettingsSource,
    find_provider,
    load_settings,
)
from inkchat.errors import ConfigError


def load(folder: Path, text: str, **environment: str) -> Settings:
    file = folder / "config.yaml"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return load_settings(file, environment)


def refuse(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return str(caught.value)


def test_an_empty_file_and_no_file_mean_the_defaults(tmp_path: Path) -> None:
    empty = load(tmp_path, "")
    (tmp_path / "home/config.yaml").unlink(missing_ok=True)
    absent = load_settings(None, {})

    assert (tmp_path / "eink_sessions.db", tmp_path / ".inkchat") == (
        empty.database,
        empty.private_folder,
    )
    assert Path.cwd() / "eink_sessions.db" == absent.database
    for settings in (empty, absent):
        (watch,) = settings.watches
        assert ("inbox", "me", "remarkable-2") == (watch.name, watch.user, watch.device.name)
        assert ("auto", 1.0, 4) == (
            settings.active_provider,
            settings.settle_seconds,
            settings.workers,
        )
        assert Limits() == settings.limits
        assert () == settings.configured


def test_the_shipped_file_means_the_defaults() -> None:
    shipped = Path(__file__).parents[1] / "config.yaml"

    settings = load_settings(shipped, {})

    assert ((), "auto", "inbox") == (
        settings.configured,
        settings.active_provider,
        settings.watches[0].name,
    )


def test_the_shipped_file_works_with_everything_uncommented(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[1] / "config.yaml"
    lines = shipped.read_text("utf-8").splitlines()
    keys = [
        line[2:]
        for line in lines
        if line.startswith("# ")
        and line[2:].lstrip(" -")[:1]
        and ":" in line.split("  #")[0]
        and not line.rstrip().endswith((".", ","))
    ]

    settings = load(tmp_path, "\n".join(keys), MY_SERVER_KEY="k")

    assert set(ProviderName) - {ProviderName.OFFLINE} == set(settings.configured)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        load_settings(tmp_path / "other.yaml", {})


def test_providers_take_keys_by_name_from_the_environment(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "OpenAI Compatible:\n"
        "  base_url: http://127.0.0.1:8080/v1/\n"
        "  api_key_env: MY_SERVER_KEY\n"
        "OpenAI:\n"
        "  model: some-model\n",
        MY_SERVER_KEY="k-1",
        OPENAI_API_KEY="k-2",
    )
    compatible = settings.providers[ProviderName.COMPATIBLE]
    openai = settings.providers[ProviderName.OPENAI]
    anthropic = settings.providers[ProviderName.ANTHROPIC]

    assert ("k-1", "http://127.0.0.1:8080/v1") == (compatible.api_key, compatible.base_url)
    assert ("k-2", "some-model") == (openai.api_key, openai.model)
    assert anthropic.api_key is None
    assert "ANTHROPIC_API_KEY" in anthropic.key_source
    assert (ProviderName.COMPATIBLE, ProviderName.OPENAI) == settings.configured
    assert "k-1" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("watch:\n  - inbox: a\n    devise: x\n", "line 3: the key “devise” is not known. Did you"),
        ("worker: 3\n", "line 1: the key “worker” is not known. Did you mean “workers”?"),
        (
            "\nOpenAi:\n  model: x\n",
            "line 2: the key “OpenAi” is not known. Did you mean “OpenAI”?",
        ),
        ("OpenAI:\n  modell: x\n", "line 2: the key “modell” is not known. Did you mean “model”?"),
        ("workers: many\n", "line 1: “workers” should be a valid integer"),
        ("workers: 0\n", "“workers” should be greater than or equal to 1, not 0"),
        ("settle_seconds: .nan\n", "“settle_seconds”"),
        ("watch: []\n", "“watch”"),
        ("watch:\n  - device: kindel-scribe\n", "line 2: the device “kindel-scribe” is not known"),
        ("watch:\n  - device: kindel-scribe\n", "Did you mean “kindle-scribe”?"),
        ("\nactive_provider: Antropic Claude\n", "line 2: the active_provider “Antropic"),
        ("active_provider: Antropic Claude\n", "Did you mean “Anthropic Claude”?"),
        ('watch:\n  - inbox: "a\\0b"\n', "line 2: the path"),
        ("database: ~nobody-of-this-name/x.db\n", "line 1: the path"),
        ("a: [\n", "is not valid YAML: line 2"),
        ("- a list\n", "must hold keys and values"),
        ("1: x\n", "line 1: YAML does not read the key “1” as text"),
        ("workers: 4\nlimits:\n  off: 3\n", "line 3: YAML does not read the key “off” as text"),
        ("watch: [{inbox: a, 2026-01-01: b}]\n", "read the key “2026-01-01” as text"),
        ("watch: [{? [a] : b}]\n", "is not valid YAML"),
        ("budget: {day: {usd: true}}\n", "“budget.day.usd” should be a number, not True"),
        ("x: &a [*a]\n", "the key “x” is not known"),
        ("limits: {wall_seconds: on}\n", "“limits.wall_seconds” should be a number, not True"),
        ("watch:\n  - outbox: inbox/out\n", "lies in the inbox"),
        ("watch:\n  - outbox: inbox\n", "lies in the inbox"),
        ("watch:\n  - inbox: a\n  - inbox: a\n", "two watches are called “a”"),
        ("watch:\n  - inbox: a\n  - inbox: a/b\n", "lies in the inbox"),
        ("database: inbox/ink.db\n", "lies in the inbox"),
        ("outbox_name: '" + "x" * 180 + "{prefix}{conversation_id}{number}'\n", "too long"),
        ("outbox_name: '{prefix}'\n", "{conversation_id} is missing"),
        ("outbox_name: '{prefix.__class__}'\n", "outbox_name"),
        ("outbox_name: '../{prefix}{conversation_id}{number}'\n", "it names a folder"),
        ("database: postgresql://host/db\n", "names a server"),
        ("limits: {max_pages: 0}\n", "“limits.max_pages”"),
        ("OpenAI:\n  cache: maybe\n", "line 2: “OpenAI.cache” should be 'auto', 'on' or 'off'"),
        ("OpenAI: {api_key: 12345}\n", "“OpenAI.api_key” should be a valid string. Correct"),
        ("OpenAI:\n  api: chatt\n", "line 2: “OpenAI.api” should be 'responses' or 'chat'"),
        ("OpenAI: 3\n", "line 1: “OpenAI” should be keys with values"),
        ("OpenAI: {image_long_edge_px: 100}\n", "greater than or equal to 512"),
        ("OpenAI: {stall_seconds: .inf}\n", "“OpenAI.stall_seconds” should be a finite number"),
        ("OpenAI: {context_tokens: 1}\n", "“OpenAI.context_tokens”"),
        ("OpenAI: {temperature: hot}\n", "should be a valid number, not 'hot'."),
        ("Ollama:\n  num_ctx: 10\n", "line 2: “Ollama.num_ctx”"),
        ("OpenAI:\n  price: {input: 3}\n", "line 2: “OpenAI.price.output” is missing."),
        (
            "OpenAI:\n  price:\n    inptu: 1\n    output: 2\n",
            "line 3: the key “inptu” is not known. Did you mean “input”?",
        ),
        ("fallback: OpenAI\n", "“fallback” should be a valid list"),
        (
            "fallback:\n  - OpenAI\n  - Opnai\n",
            "line 3: the fallback “Opnai” is not known. Did you mean “OpenAI”?",
        ),
        ("fallback: [auto]\n", "the fallback “auto” is not known"),
        (
            "watch:\n  - inbox: a\n    provider: clod\n",
            "line 2: the provider “clod” is not known. Did you mean “Anthropic Claude”?",
        ),
        (
            "watch:\n  - provdier: x\n",
            "line 2: the key “provdier” is not known. Did you mean “provi",
        ),
        ("memory_tokens: 10\n", "“memory_tokens” should be greater than or equal to 500"),
        (
            "offline:\n  answer_latr: true\n",
            "line 2: the key “answer_latr” is not known. Did you mean “answer_later”?",
        ),
        ("Offline: {modell: x}\n", "Did you mean “model”?"),
        ("budget: {dya: {usd: 1}}\n", "Did you mean “day”?"),
        (
            "budget:\n  per_usr: {}\n",
            "line 2: the key “per_usr” is not known. Did you mean “per_user”",
        ),
        (
            "budget:\n  day:\n    uds: 1\n",
            "line 3: the key “uds” is not known. Did you mean “usd”?",
        ),
        (
            "budget:\n  per_user:\n    day:\n      tokns: 3\n",
            "line 4: the key “tokns” is not known. Did you mean “tokens”?",
        ),
        (
            "budget:\n  users:\n    ada:\n      mnth: {usd: 1}\n",
            "line 4: the key “mnth” is not known. Did you mean “month”?",
        ),
        (
            "budget:\n  users:\n    ada:\n      day:\n        uds: 1\n",
            "line 5: the key “uds” is not known. Did you mean “usd”?",
        ),
        ("budget: {users: {7: {day: {usd: 1}}}}\n", "read the key “7” as text"),
        ("budget: {day: {usd: -1}}\n", "“budget.day.usd” should be greater than 0, not -1"),
        ("budget: {day: {usd: .nan}}\n", "“budget.day.usd” should be a finite number"),
        ("budget: {month: {tokens: 1.5}}\n", "“budget.month.tokens” should be a valid integer"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refuse(tmp_path, text)


MYCHAT = """\
active_provider: "xAI Grok"
"Google Gemini":
  api_key: "g-key"
  base_url: ""
  model: "gemini-pro"
  system_prompt: ""
  temperature: 0.7
  ollama_model: "llama3.1:latest"
OpenAI:
  api_key: "o-key"
  base_url: ""
  model: "gpt-3.5-turbo"
  system_prompt: "You are a pirate."
  temperature: ""
  ollama_model: "llama3.1:latest"
OpenAI Compatible:
  api_key: ""
  base_url: "http://127.0.0.1:1234/v1/"
  model: ""
  system_prompt: ""
  temperature: "0.2"
  ollama_model: ""
Anthropic Claude:
  api_key: "a-key"
  base_url: ""
  model: "claude-3-opus-20240229"
  system_prompt: ""
  temperature: 0.7
  ollama_model: ""
xAI Grok:
  api_key: "x-key"
  base_url: "https://api.x.ai/v1"
  model: ""
  system_prompt: ""
  temperature: 0.7
  ollama_model: ""
Ollama:
  api_key: ""
  base_url: ""
  model: ""
  system_prompt: ""
  temperature: 0.7
  ollama_model: "llava:13b"
"""


def test_a_file_of_mychat_works_unchanged(tmp_path: Path) -> None:
    settings = load(tmp_path, MYCHAT)
    told = {
        name: (each.api_key, each.base_url, each.model, each.system_prompt, each.temperature)
        for name, each in settings.providers.items()
    }

    usual = "You are a helpful assistant."
    assert ProviderName.GROK == settings.active_provider
    assert {
        ProviderName.GEMINI: ("g-key", None, "gemini-pro", usual, 0.7),
        ProviderName.OPENAI: ("o-key", None, "gpt-3.5-turbo", "You are a pirate.", None),
        ProviderName.COMPATIBLE: (None, "http://127.0.0.1:1234/v1", None, usual, 0.2),
        ProviderName.ANTHROPIC: ("a-key", None, "claude-3-opus-20240229", usual, 0.7),
        ProviderName.GROK: ("x-key", "https://api.x.ai/v1", "grok-4.7", usual, 0.7),
        ProviderName.OLLAMA: (None, None, "llava:13b", usual, 0.7),
        ProviderName.OFFLINE: (None, None, None, usual, None),
    } == told
    assert () == settings.warnings


def test_each_provider_has_its_own_defaults(tmp_path: Path) -> None:
    providers = load(tmp_path, "").providers

    grok, ollama, other = (
        (each.max_output_tokens, each.timeout_seconds, each.stall_seconds, each.image_long_edge_px)
        for each in map(
            providers.__getitem__,
            (ProviderName.GROK, ProviderName.OLLAMA, ProviderName.OPENAI),
        )
    )
    assert (16_000, 3600.0, 600.0, 1568) == grok
    assert (4096, 600.0, 120.0, 1344) == ollama
    assert (16_000, 600.0, 120.0, 1568) == other
    assert "llama3.1:latest" == providers[ProviderName.OLLAMA].model


def test_every_key_of_a_provider_arrives(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "Ollama:\n  num_ctx: 8192\n  vision: false\n"
        "OpenAI:\n  stall_seconds: 30\n  image_long_edge_px: 2000\n  api: chat\n"
        "  cache: on\n  context_tokens: 400000\n  price: {input: 3, output: 15, cached: 0.3}\n"
        "xAI Grok: {price: {input: 0, output: 0}, max_output_tokens: 300}\n",
    )
    openai = settings.providers[ProviderName.OPENAI]
    ollama = settings.providers[ProviderName.OLLAMA]
    grok = settings.providers[ProviderName.GROK]

    assert (30.0, 2000, Api.CHAT, Caching.ON, 400_000, None) == (
        openai.stall_seconds,
        openai.image_long_edge_px,
        openai.api,
        openai.cache,
        openai.context_tokens,
        openai.vision,
    )
    assert Price(3, 15, 0.3) == openai.price
    assert (8192, False, None, Caching.AUTO) == (
        ollama.num_ctx,
        ollama.vision,
        ollama.api,
        ollama.cache,
    )
    assert (Price(0, 0, None), 300) == (grok.price, grok.max_output_tokens)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("off", Caching.OFF),
        ("on", Caching.ON),
        ("'off'", Caching.OFF),
        ("auto", Caching.AUTO),
        ("no", Caching.OFF),
        ("", Caching.AUTO),
    ],
)
def test_a_cache_is_switched_in_the_words_of_yaml(
    written: str, meant: Caching, tmp_path: Path
) -> None:
    settings = load(tmp_path, f"OpenAI:\n  cache: {written}\n")

    assert meant is settings.providers[ProviderName.OPENAI].cache


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("claude", ProviderName.ANTHROPIC),
        ("  Anthropic  CLAUDE ", ProviderName.ANTHROPIC),
        ("ChatGPT", ProviderName.OPENAI),
        ("gemini", ProviderName.GEMINI),
        ("xAI", ProviderName.GROK),
        ("compatible", ProviderName.COMPATIBLE),
        ("ollama", ProviderName.OLLAMA),
        ("offline", ProviderName.OFFLINE),
        ("clod", None),
        ("", None),
    ],
)
def test_a_provider_is_known_by_its_short_name(text: str, name: ProviderName | None) -> None:
    assert name is find_provider(text)


def test_short_names_mean_the_same_everywhere(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "active_provider: Claude\nfallback: [gpt, 'xai  grok', offline]\n"
        "watch:\n  - provider: gemini\n  - {inbox: other, provider: ''}\n",
    )

    assert ProviderName.ANTHROPIC == settings.active_provider
    assert (ProviderName.OPENAI, ProviderName.GROK, ProviderName.OFFLINE) == settings.fallback
    assert ["Google Gemini", ""] == [watch.provider for watch in settings.watches]
    assert () == load(tmp_path, "").fallback
    assert "auto" == load(tmp_path, "active_provider: ' AUTO '\n").active_provider


def test_budgets_are_read_at_every_depth(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "memory_tokens: 500\noffline: {answer_later: true}\n"
        "budget:\n"
        "  day: {usd: 2}\n"
        "  month: {usd: 20.5, tokens: 1000000}\n"
        "  per_user:\n    day: {tokens: 5000}\n"
        "  users:\n    ada:\n      month: {usd: 5}\n",
    )
    a_day = Allowance(day=Ceiling(tokens=5000))

    assert Allowance(Ceiling(2.0), Ceiling(20.5, 1_000_000)) == settings.budget.total
    assert a_day == settings.budget.of("anybody")
    assert Allowance(month=Ceiling(5.0)) == settings.budget.of("ada")
    assert (500, True) == (settings.memory_tokens, settings.answer_later)
    assert (Budget(), False) == (load(tmp_path, "").budget, load(tmp_path, "").answer_later)


def test_a_heading_without_anything_below_it_means_the_defaults(tmp_path: Path) -> None:
    text = "workers:\nbudget:\n#  day: {usd: 2}\nlimits:\nwatch:\nOpenAI:\nactive_provider:\n"

    settings = load(tmp_path, text)

    plain = load(tmp_path, "")
    assert (plain.workers, plain.budget, plain.limits, plain.watches, plain.active_provider) == (
        settings.workers,
        settings.budget,
        settings.limits,
        settings.watches,
        settings.active_provider,
    )
    assert "line 1: the key “wokers”" in refuse(tmp_path, "wokers:\n")


def test_a_secret_is_not_repeated_in_a_complaint(tmp_path: Path) -> None:
    assert "12345" not in refuse(tmp_path, "OpenAI:\n  api_key: 12345\n")


def test_a_key_in_the_file_comes_before_one_in_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, "OpenAI:\n  api_key: k-1\n", OPENAI_API_KEY="k-2")
    openai = settings.providers[ProviderName.OPENAI]

    assert ("k-1", "api_key in config.yaml") == (openai.api_key, openai.key_source)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read_is_warned_about(mode: int, tmp_path: Path) -> None:
    private = load(tmp_path, "OpenAI:\n  api_key: sk-1\n")
    private.path.chmod(mode)
    open_to_all = load_settings(private.path, {})

    assert () == private.warnings
    assert "chmod 600" in open_to_all.warnings[0]
    assert "sk-1" not in open_to_all.warnings[0]


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_any_yaml_is_a_configuration_or_a_clear_error(
    value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import yaml

    folder = tmp_path_factory.getbasetemp()
    try:
        load(folder, yaml.safe_dump({"watch": value, "limits": value}, allow_unicode=True))
    except ConfigError as error:
        assert error.next_step.strip()


@given(text=st.text())
def test_any_text_is_a_configuration_or_a_clear_error(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, "utf-8", errors="surrogatepass")
    try:
        load_settings(file, {})
    except ConfigError as error:
        assert error.what_happened.strip()


def test_a_changed_file_is_read_again_and_a_bad_one_is_reported_once(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("workers: 2\n")
    source = SettingsSource(file, {})
    assert source.refresh() is False

    file.write_text("workers: 33\n")
    assert source.refresh() is False
    assert source.refresh() is True
    assert 33 == source.current().workers

    file.write_text("workers: broken\n")
    assert source.refresh() is False
    assert isinstance(source.refresh(), ConfigError)
    assert source.refresh() is False
    assert 33 == source.current().workers

    file.write_text("workers: 33  # mended\n")
    assert source.refresh() is False
    assert source.refresh() is False
    assert 33 == source.current().workers

    file.unlink()
    assert source.refresh() is False
    assert isinstance(source.refresh(), ConfigError)
    assert source.refresh() is False
    assert 33 == source.current().workers


def test_a_symlinked_outbox_inside_the_inbox_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "inbox" / "deep").mkdir(parents=True)
    (tmp_path / "outbox").symlink_to(tmp_path / "inbox" / "deep")

    assert "lies in the inbox" in refuse(tmp_path, "")
