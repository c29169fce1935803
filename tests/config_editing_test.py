"""`config set`: one value changes, and every other byte of the file stays."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from inkchat.cli import main
from inkchat.config import ProviderName, Settings, load_settings
from inkchat.config.changing import change_value
from inkchat.config.editing import KeyPath, set_value, split_key
from inkchat.errors import ConfigError
from tests import program
from tests.conftest import ROOT

FILE = Path("config.yaml")

FILES = {
    "empty": "",
    "comments": "# mine\n\n# workers: 4   # many\n",
    "shipped": (ROOT / "config.yaml").read_text("utf-8"),
    "sections": (
        "# Who answers\n"
        "active_provider:   claude   # for now\n"
        "\n"
        "workers: 2\n"
        "\n"
        "OpenAI:   # the second\n"
        "    # a key of my own\n"
        "    api_key_env: MY_KEY\n"
        '    model: "gpt-6.1-terra"   # new\n'
        "    # temperature: 1\n"
        "\n"
        "# the first\n"
        "Anthropic Claude:\n"
        "  system_prompt: |\n"
        "    Be brief.\n"
        "    Be kind.   # not a comment\n"
        "\n"
        "  model: claude-sonnet-5-5\n"
        "watch:\n"
        "  - inbox: a   # left\n"
        "    outbox: b\n"
        "  # between\n"
        "  - inbox: c\n"
        "    outbox: d\n"
        "    user: 'it''s me'\n"
        "\n"
        "# the end\n"
    ),
    "flow": (
        "limits: {max_pages: 3, max_file_mb: 2.5}  # small\n"
        "fallback: [OpenAI,\n"
        "  Ollama]\n"
        "OpenAI: {}\n"
        "budget: {day: {usd: 2}}\n"
        "watch: [{inbox: a, outbox: b}]\n"
    ),
    "one line of braces": "{workers: 3, OpenAI: {model: x}}\n",
    "nulls": "OpenAI:\n# in between\nAnthropic Claude: ~\nbudget:   # soon\nworkers: 2\n",
    "no last newline": "workers: 2\nOpenAI:\n  model: x",
    "windows": "workers: 2\r\n\r\nOpenAI:\r\n  model: x  # old\r\n# end\r\n",
    "flush lists": "fallback:\n- OpenAI\n- Ollama\nwatch:\n- inbox: a\n  outbox: b\nworkers: 3\n",
    "twice": "workers: 2\nworkers: 3\n",
    "document": "---\nworkers: 2  # a document\n",
    "lone document": "--- # nothing yet\n",
    "unicode": "# Ünïcode 日本 😀\nOpenAI:\n  system_prompt: Sei höflich 😀 # ja\n  model: x\n",
}

KEYS = [
    "workers",
    "active_provider",
    "memory_tokens",
    "outbox_name",
    "fallback",
    "OpenAI.model",
    "OpenAI.system_prompt",
    "OpenAI.price.input",
    "Anthropic Claude.model",
    "Anthropic Claude.temperature",
    "Anthropic Claude.system_prompt",
    "xAI Grok.base_url",
    "budget.day.usd",
    "budget.per_user.month.tokens",
    "budget.users.ada.day.usd",
    "limits.max_pages",
    "watch.0.provider",
    "watch.0.user",
]

VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "gpt-6.1-terra",
            "off",
            "# no comment",
            "a: b",
            "[x]",
            "- x",
            "it's",
            'a "b"',
            "two\nlines",
        ]
    )
    | st.lists(st.sampled_from(["OpenAI", "a, b", "x: y"]), max_size=3)
    | st.dictionaries(st.sampled_from(["usd", "x y"]), st.integers(), max_size=2)
)


def _look_up(data: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        data = data[key]
    return data


def _without(data: Any, keys: tuple[str | int, ...]) -> Any:
    """`data` without the value at `keys`, and without what was left empty by that."""
    if not keys:
        return None
    items = dict(enumerate(data)) if isinstance(data, list) else dict(data or {})
    if keys[0] in items:
        items[keys[0]] = _without(items[keys[0]], keys[1:])
        if not items[keys[0]]:
            del items[keys[0]]
    return items


@given(name=st.sampled_from(sorted(FILES)), key=st.sampled_from(KEYS), value=VALUES)
def test_one_value_changes_and_all_other_lines_stay(name: str, key: str, value: Any) -> None:
    before, keys = FILES[name], split_key(key)
    after = set_value(before, keys, value, FILE)

    data = yaml.safe_load(after)
    assert value == _look_up(data, keys)
    assert _without(yaml.safe_load(before), keys) == _without(data, keys)
    assert _comments(before) == _comments(after)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    kept = [line for line in old if line in new or f"{line}\n" in new]
    # What was replaced stood on one line, but for three values that stood on several.
    most_lost = {"sections": 3, "flow": 2, "flush lists": 3}.get(name, 1)
    assert len(old) - len(kept) <= most_lost
    assert _is_in_order([line.rstrip() for line in kept], [line.rstrip() for line in new])


def _comments(text: str) -> list[str]:
    """All whole-line comments, and those behind values of these files."""
    lines = (line.rstrip() for line in text.splitlines())
    tails = ["# for now", "# the second", "# left", "# small", "# soon", "# old", "# a document"]
    return [
        *(line for line in text.splitlines() if line.lstrip().startswith("#")),
        *(tail for line in lines for tail in tails if line.endswith(tail)),
    ]


def _is_in_order(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(line in rest for line in few)


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("", "workers", "3", "workers: 3\n"),
        ("", "OpenAI.model", "m", "OpenAI:\n  model: m\n"),
        ("", "watch.0.provider", "claude", "watch:\n  - provider: Anthropic Claude\n"),
        ("workers: 2 # two\n", "workers", "3", "workers: 3 # two\n"),
        (
            "active_provider: auto\n",
            "active_provider",
            "CLAUDE",
            "active_provider: Anthropic Claude\n",
        ),
        ("active_provider: auto\n", "active_provider", "auto", "active_provider: auto\n"),
        ("", "fallback", "[gpt, ollama]", "fallback: [OpenAI, Ollama]\n"),
        ("fallback: [OpenAI]\n", "fallback.0", "grok", "fallback: [xAI Grok]\n"),
        ("", "OpenAI.model", "5.1", "OpenAI:\n  model: '5.1'\n"),
        ("", "OpenAI.cache", "off", "OpenAI:\n  cache: 'off'\n"),
        ("", "Ollama.ollama_model", "qwen3-vl:8b", "Ollama:\n  ollama_model: 'qwen3-vl:8b'\n"),
        ("", "offline.answer_later", "yes", "offline:\n  answer_later: true\n"),
        (
            "",
            "outbox_name",
            "{prefix}_{conversation_id}_{number}",
            "outbox_name: '{prefix}_{conversation_id}_{number}'\n",
        ),
        ("OpenAI: {model: x}\n", "OpenAI.model", "null", "OpenAI: {model: null}\n"),
        ("OpenAI: {model: x}\n", "gpt.model", "y", "OpenAI: {model: y}\n"),
        ("", "claude.model", "m", "Anthropic Claude:\n  model: m\n"),
        ("", "xai grok.model", "m", "xAI Grok:\n  model: m\n"),
        ("", "fallback", "claude", "fallback: [Anthropic Claude]\n"),
        ("", "admins", "me", "admins: [me]\n"),
        ("", "watch.0.participants", "Anna", "watch:\n  - participants: [Anna]\n"),
        ("", "local_servers", "http://h:1/v1", "local_servers: ['http://h:1/v1']\n"),
    ],
)
def test_what_a_person_types_is_understood(
    before: str, key: str, value: str, after: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(before)

    change_value(file, key, value, {})

    assert after == file.read_text()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("wokers", "3", "Did you mean “workers”?"),
        ("workers", "many", "“workers” should be a valid integer"),
        ("workers", "0", "greater than or equal to 1"),
        ("active_provider", "Antropic", "Did you mean “Anthropic Claude”?"),
        ("fallback", "[OpenAI, Olama]", "Did you mean “Ollama”?"),
        ("OpenAI.modell", "x", "Did you mean “model”?"),
        ("budget.day.use", "2", "Did you mean “usd”?"),
        ("budget.per_user.dya.usd", "2", "Did you mean “day”?"),
        ("watch.0.device", "kindel-scribe", "Did you mean “kindle-scribe”?"),
        ("watch.7.user", "ada", "There is no item 7"),
        ("workers.many", "3", "holds no keys"),
        ("database", "inbox/ink.db", "lies in the inbox"),
        ("OpenAI..model", "x", "is not a key"),
    ],
)
def test_what_cannot_be_used_changes_nothing(
    key: str, value: str, expected: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    before = "workers: 2  # two\nwatch:\n  - inbox: inbox\n"
    file.write_text(before)

    with pytest.raises(ConfigError) as caught:
        change_value(file, key, value, {})

    assert expected in str(caught.value)
    assert before == file.read_text()
    assert [file, tmp_path / "home"] == sorted(tmp_path.iterdir())


def test_what_is_to_be_written_can_be_refused_before(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("workers: 2\n")
    seen: list[tuple[int, KeyPath]] = []

    def refuse(settings: Settings, keys: KeyPath) -> None:
        seen.append((settings.workers, keys))
        raise ConfigError("Three are too many.", "Take two.")

    with pytest.raises(ConfigError, match=r"was not changed: Three are too many\. Take two\."):
        change_value(file, "workers", "3", {}, refuse)

    assert (3, ("workers",)) == seen[0]
    assert "workers: 2\n" == file.read_text()


def test_comments_inside_a_replaced_value_are_not_thrown_away(tmp_path: Path) -> None:
    before = "fallback:\n  - OpenAI\n  # the cheap one\n  - Ollama\n"
    file = tmp_path / "config.yaml"
    file.write_text(before)

    with pytest.raises(ConfigError, match="comments inside the old value"):
        change_value(file, "fallback", "[OpenAI]", {})

    assert before == file.read_text()
    change_value(file, "fallback.1", "grok", {})
    assert before.replace("Ollama", "xAI Grok") == file.read_text()


def test_an_alias_is_left_to_a_person(tmp_path: Path) -> None:
    before = "OpenAI: &same\n  model: x\nxAI Grok: *same\n"
    file = tmp_path / "config.yaml"
    file.write_text(before)

    with pytest.raises(ConfigError, match="Edit the file"):
        change_value(file, "xAI Grok.model", "y", {})

    assert before == file.read_text()


def test_a_link_is_followed_and_the_mode_stays(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "ink.yaml"
    real.parent.mkdir()
    real.write_text("workers: 2\n")
    real.chmod(0o640)
    link = tmp_path / "config.yaml"
    link.symlink_to(real)

    change = change_value(link, "workers", "3", {})

    assert link.is_symlink()
    assert "workers: 3\n" == real.read_text()
    assert 0o640 == stat.S_IMODE(real.stat().st_mode)
    assert (3, 3) == (change.value, change.settings.workers)


def test_a_new_file_with_a_key_is_its_owners_alone(tmp_path: Path) -> None:
    secret, plain = tmp_path / "secret.yaml", tmp_path / "plain.yaml"
    before = os.umask(0o022)
    try:
        change = change_value(secret, "OpenAI.api_key", "12345", {})
        change_value(plain, "workers", "3", {})
    finally:
        os.umask(before)

    assert 0o600 == stat.S_IMODE(secret.stat().st_mode)
    assert 0o644 == stat.S_IMODE(plain.stat().st_mode)
    assert "12345" == change.settings.providers[ProviderName.OPENAI].api_key
    assert () == change.settings.warnings


def test_without_a_name_the_file_here_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    change_value(None, "workers", "3", {})

    assert "workers: 3\n" == (tmp_path / "config.yaml").read_text()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="could not be written"):
        change_value(tmp_path / "absent" / "config.yaml", "workers", "3", {})


def test_many_changes_after_one_another_stay_readable(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    for key, value in (
        ("active_provider", "claude"),
        ("OpenAI.model", "gpt-6.1-terra"),
        ("OpenAI.timeout_seconds", "30"),
        ("budget.day.usd", "2"),
        ("budget.day.tokens", "100000"),
        ("budget.month.usd", "20"),
        ("watch.0.user", "ada"),
        ("watch.0.device", "kindle-scribe"),
        ("OpenAI.model", "gpt-6"),
    ):
        change_value(file, key, value, {})

    assert (
        "active_provider: Anthropic Claude\n"
        "OpenAI:\n  model: gpt-6\n  timeout_seconds: 30\n"
        "budget:\n  day:\n    usd: 2\n    tokens: 100000\n  month:\n    usd: 20\n"
        "watch:\n  - user: ada\n    device: kindle-scribe\n"
    ) == file.read_text()


def call(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return program.call("inkchat", "config", *words, cwd=folder, env=env)


def test_what_was_set_is_got(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("# mine\nworkers: 2  # two\n")

    was_set = call(tmp_path, "set", "active_provider", "claude")
    got = call(tmp_path, "get", "active_provider")
    as_json = call(tmp_path, "get", "--json", "watch.0.user")

    assert (0, 0) == (was_set.returncode, got.returncode), was_set.stderr
    assert f"active_provider: Anthropic Claude  ({file})\n" == was_set.stdout
    assert (
        "Warning: Anthropic Claude needs a key, and the variable ANTHROPIC_API_KEY is not set "
        "here; `inkchat doctor` tells more.\n"
    ) == was_set.stderr
    assert "Anthropic Claude\n" == got.stdout
    assert '"me"\n' == as_json.stdout
    assert "# mine\nworkers: 2  # two\nactive_provider: Anthropic Claude\n" == file.read_text()


def test_a_value_below_zero_is_no_option(tmp_path: Path) -> None:
    words = ["--config", str(tmp_path / "config.yaml"), "config", "set"]
    for key, value in (("watch.0.conversation_timeout", "-3"), ("workers", "-0.5")):
        refused = CliRunner().invoke(main, [*words, key, value])
        assert 2 == refused.exit_code
        assert f"“{key}” should be" in refused.stderr
        assert f"not {value}." in refused.stderr


def test_a_value_that_cannot_be_used_is_one_sentence_and_code_2(tmp_path: Path) -> None:
    refused = call(tmp_path, "set", "active_provider", "Antropic Claude")

    assert 2 == refused.returncode
    assert "Did you mean “Anthropic Claude”?" in refused.stderr
    assert 1 == len(refused.stderr.splitlines())
    assert not (tmp_path / "config.yaml").exists()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("xAI Grok.base_url", "https://evil.example/https://api.x.ai", "does not lead to xAI"),
        ("grok.base_url", "http://api.x.ai", "does not lead to xAI"),
        ("OpenAI Compatible.base_url", "foo bar", "is not a web address"),
        ("OpenAI Compatible.base_url", "127.0.0.1:8080/v1", "is not a web address"),
        ("OpenAI.base_url", "https://me:secret@api.openai.com", "a name or a password"),
        ("OpenAI Compatible", "{base_url: ftp://x, model: m}", "is not a web address"),
        ("local_servers", "[http://127.0.0.1:1/v1, nobody]", "“nobody” among the local_servers"),
    ],
)
def test_an_address_that_cannot_be_used_changes_nothing(
    key: str, value: str, expected: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("workers: 2\n")

    refused = call(tmp_path, "set", key, value)

    assert 2 == refused.returncode, refused
    assert expected in refused.stderr
    assert "config.yaml was not changed: " in refused.stderr
    assert "workers: 2\n" == file.read_text()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("xAI Grok.base_url", "https://api.x.ai/v1"),
        ("OpenAI Compatible.base_url", "http://127.0.0.1:8080/v1"),
        ("OpenAI.base_url", "null"),
        ("OpenAI Compatible.model", "m"),
    ],
)
def test_an_address_may_be_set_before_a_key_or_a_model(
    key: str, value: str, tmp_path: Path
) -> None:
    was_set = call(tmp_path, "set", key, value)

    assert (0, "") == (was_set.returncode, was_set.stderr)


@pytest.mark.parametrize(("value", "shown"), [("null", "null"), ("", "null")])
def test_a_key_that_is_taken_out_is_no_reason_to_warn(
    value: str, shown: str, tmp_path: Path
) -> None:
    was_set = call(tmp_path, "set", "gpt.api_key", value)

    assert (0, "") == (was_set.returncode, was_set.stderr)
    assert was_set.stdout.startswith(f"OpenAI.api_key: {shown}  (")


def test_a_key_within_a_whole_section_is_hidden_as_well(tmp_path: Path) -> None:
    was_set = call(tmp_path, "set", "OpenAI", "{api_key: sk-very-secret, model: m}")

    assert "sk-very-secret" not in was_set.stdout + was_set.stderr
    assert "Warning: The key stands in config.yaml" in was_set.stderr
    assert 0o600 == stat.S_IMODE((tmp_path / "config.yaml").stat().st_mode)


def test_a_variable_that_is_named_and_not_set_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("OpenAI Compatible: {api_key_env: NO_SUCH_KEY}\n")

    was_set = call(tmp_path, "set", "fallback", "compatible")

    assert "Warning: OpenAI Compatible needs a key, and the variable NO_SUCH_KEY" in was_set.stderr


def test_a_section_is_found_by_a_short_name(tmp_path: Path) -> None:
    call(tmp_path, "set", "claude.model", "m")

    got = call(tmp_path, "get", "anthropic.model")
    offline = call(tmp_path, "get", "offline.answer_later")

    assert ("m\n", "false\n") == (got.stdout, offline.stdout)


def test_a_key_is_taken_with_a_warning_and_never_printed(tmp_path: Path) -> None:
    was_set = call(tmp_path, "set", "OpenAI.api_key", "sk-very-secret")
    shown = [
        call(tmp_path, *words, ANTHROPIC_API_KEY="sk-from-outside")
        for words in (("get", "OpenAI.api_key"), ("get", "OpenAI"), ("show",), ("show", "--json"))
    ]

    assert "Warning: The key stands in config.yaml" in was_set.stderr
    assert "sk-very-secret" in (tmp_path / "config.yaml").read_text()
    assert 0o600 == stat.S_IMODE((tmp_path / "config.yaml").stat().st_mode)
    for printed in (was_set, *shown):
        assert 0 == printed.returncode
        assert "(hidden)" in printed.stdout
        assert "sk-" not in printed.stdout + printed.stderr


def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path) -> None:
    near = call(tmp_path, "get", "OpenAI.modell")
    far = call(tmp_path, "get", "watch.3.user")

    assert (2, 2) == (near.returncode, far.returncode)
    assert "Did you mean “model”?" in near.stderr
    assert "`inkchat config show`" in far.stderr


def test_what_is_shown_is_a_configuration_with_the_same_meaning(tmp_path: Path) -> None:
    before = (
        "active_provider: grok\nfallback: [ollama]\nmemory_tokens: 900\nworkers: 7\n"
        "offline: {answer_later: true}\nlimits: {max_pages: 3}\n"
        "budget: {day: {usd: 2}, users: {ada: {month: {tokens: 5}}}}\n"
        "Ollama: {ollama_model: x, num_ctx: 2048, vision: false}\n"
        "OpenAI: {cache: off, api: chat, price: {input: 1, output: 2}, api_key_env: MINE}\n"
        "watch: [{inbox: a, outbox: b, user: ada, provider: claude}]\n"
    )
    (tmp_path / "config.yaml").write_text(before)
    shown = call(tmp_path, "show").stdout
    other = tmp_path / "other.yaml"
    other.write_text(shown)
    other.chmod(0o600)

    meant, said = (load_settings(file, {}) for file in (tmp_path / "config.yaml", other))

    # A section without a word in it counts for `auto`, and all are shown.
    assert replace(meant, path=other, configured=said.configured, watches=said.watches) == said
    assert [replace(watch, name="") for watch in meant.watches] == [
        replace(watch, name="") for watch in said.watches
    ]
