"""config.yaml: defaults, mistakes with their line, and a file that changes while we run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.config import (
    Limits,
    ProviderName,
    Settings,
    SettingsSource,
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
        assert ("inbox", "me", "remarkable-2") == (watch.name, watch.user, watch.device)
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

    assert [ProviderName.ANTHROPIC, ProviderName.OPENAI, ProviderName.COMPATIBLE] == list(
        settings.configured
    )


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
        ("1: x\n", "a key that is not text"),
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
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refuse(tmp_path, text)


def test_a_secret_is_not_repeated_in_a_complaint(tmp_path: Path) -> None:
    assert "12345" not in refuse(tmp_path, "OpenAI:\n  api_key: 12345\n")


def test_a_key_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    private = load(tmp_path, "OpenAI:\n  api_key: sk-1\n")
    private.path.chmod(0o644)
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
