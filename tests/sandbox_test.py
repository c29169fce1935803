import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.errors import DamagedFile, RateLimited
from inkchat.sandbox import (
    ChildFailed,
    ChildLimits,
    FailureReason,
    caller,
    run_in_child,
    warm_up,
)
from inkchat.sandbox.codec import Unreadable, decode, encode_result
from tests import sandbox_cases as cases

ROOT = Path(__file__).parents[1]
PRELOAD = ("tests.sandbox_cases",)
LIMITS = ChildLimits(memory_mb=512, processor_seconds=5, wall_seconds=20.0)
DEADLINE_SECONDS = 60.0
"""Not reached by a machine that is merely busy."""
IDLE_SECONDS = 0.4
TREE = cases.Tree(
    cases.Colour.RED,
    (cases.Leaf("“ä”\n", b"\0\xff", 1.5), cases.Leaf("", b"", 2)),
    (-3, True),
    None,
    b"root",
)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still waiting until {what}"
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    """A zombie nobody has reaped counts as alive."""
    return Path(f"/proc/{pid}").exists()


def failure_of(
    function: Callable[..., object], *arguments: object, limits: ChildLimits = LIMITS
) -> ChildFailed:
    with pytest.raises(ChildFailed) as caught:
        run_in_child(function, *arguments, limits=limits, preload=PRELOAD)
    return caught.value


def test_a_result_comes_back_as_it_was() -> None:
    assert run_in_child(cases.echo, TREE, limits=LIMITS, preload=PRELOAD) == TREE


def test_ten_megabytes_go_out_and_come_back() -> None:
    size = 10_000_000

    assert len(run_in_child(cases.make_bytes, size, limits=LIMITS, preload=PRELOAD)) == size
    assert run_in_child(cases.measure, bytes(size), limits=LIMITS, preload=PRELOAD) == size


def test_a_child_costs_milliseconds() -> None:
    run_in_child(cases.add, 1, 2, limits=LIMITS, preload=PRELOAD)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        run_in_child(cases.add, 1, 2, limits=LIMITS, preload=PRELOAD)
        times.append(time.perf_counter() - start)

    assert min(times) < 0.03


def test_our_errors_are_raised_here_with_all_their_fields() -> None:
    with pytest.raises(RateLimited) as caught:
        run_in_child(cases.raise_rate_limited, limits=LIMITS, preload=PRELOAD)

    error = caught.value
    assert (error.what_happened, error.next_step) == ("Too fast.", "Wait.")
    assert (error.provider, error.retry_after_seconds) == ("Offline", 2.5)
    assert "raise_rate_limited" in error.__notes__[0]


def test_words_of_an_error_survive() -> None:
    with pytest.raises(DamagedFile, match=r"It is torn: “ä”\. Mend it\."):
        run_in_child(cases.raise_damaged, limits=LIMITS, preload=PRELOAD)


def test_a_built_in_error_is_raised_here() -> None:
    with pytest.raises(ValueError, match="nineteen"):
        run_in_child(cases.raise_value_error, limits=LIMITS, preload=PRELOAD)


def test_an_error_of_another_class_is_a_crash_that_names_it() -> None:
    failure = failure_of(cases.raise_homemade)

    assert failure.reason is FailureReason.CRASH
    assert "Homemade: from here" in str(failure)


def test_too_much_memory_is_told_as_such() -> None:
    assert failure_of(cases.take_memory, 10**9).reason is FailureReason.MEMORY


@pytest.mark.parametrize("function", [cases.spin, cases.spin_unimpressed])
def test_too_much_processor_time_is_told_as_such(function: Callable[[], object]) -> None:
    limits = ChildLimits(memory_mb=512, processor_seconds=1, wall_seconds=20.0)

    assert failure_of(function, limits=limits).reason is FailureReason.PROCESSOR


def test_too_much_wall_time_is_told_in_time_and_the_child_is_gone(marks: Path) -> None:
    limits = ChildLimits(memory_mb=512, processor_seconds=5, wall_seconds=0.5)
    start = time.monotonic()

    failure = failure_of(cases.sleep, str(marks), limits=limits)

    assert failure.reason is FailureReason.WALL
    assert time.monotonic() - start < 2.0
    (pid,) = (int(file.name) for file in marks.iterdir())
    wait_until(lambda: not is_alive(pid), "the child is gone")


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGRTMIN + 1])
def test_a_child_that_dies_by_a_signal_is_a_crash(number: int) -> None:
    assert failure_of(cases.die, number).reason is FailureReason.CRASH


def test_a_child_that_the_system_kills_ran_out_of_memory() -> None:
    assert failure_of(cases.die, signal.SIGKILL).reason is FailureReason.MEMORY


@pytest.mark.parametrize("code", [0, 1, 77])
def test_a_child_that_exits_is_a_crash(code: int) -> None:
    assert failure_of(cases.leave, code).reason is FailureReason.CRASH


@pytest.mark.parametrize(
    "function",
    [
        cases.raise_system_exit,
        cases.return_a_surrogate,
        cases.return_a_set,
        cases.return_the_wrong_type,
        cases.send_a_pickle,
        cases.send_deep_nesting,
        cases.send_without_end,
    ],
)
def test_what_makes_no_sense_is_a_failure(function: Callable[[], object]) -> None:
    with pytest.raises((ChildFailed, TypeError)):
        run_in_child(function, limits=LIMITS, preload=PRELOAD)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"result": "1"}',
        '{"result": true}',
        '{"result": 1e999}',
        '{"result": [1]}',
        '{"result": ' + "9" * 5000 + "}",
        '{"error": "KeyboardInterrupt", "module": "builtins", "text": ""}',
        '{"error": "eval", "module": "builtins", "text": "1"}',
        '{"error": "UnicodeDecodeError", "module": "builtins", "text": "1"}',
        '{"error": "StrEnum", "module": "inkchat.errors", "text": ""}',
        '{"error": "DamagedFile", "module": "inkchat.errors", "text": "", "fields": {}}',
        '{"error": "DamagedFile", "module": "inkchat.errors", "text": "",'
        ' "fields": {"what_happened": 1, "next_step": ""}}',
        '{"error": "DamagedFile", "module": "inkchat.errors", "text": "",'
        ' "fields": {"what_happened": "\\ud800", "next_step": ""}}',
        '{"error": "DamagedFile", "module": "inkchat.errors", "text": "",'
        ' "fields": {"what_happened": "", "next_step": "", "title": ""}}',
        '{"error": 1}',
    ],
)
def test_a_forged_result_is_a_crash(head: str) -> None:
    assert failure_of(cases.send_head, head).reason is FailureReason.CRASH


@pytest.mark.parametrize("message", [b"\0", b"\xff" * 100, b"\0" * 8, b"GET / HTTP/1.1\r\n\r\n"])
def test_garbage_is_a_crash(message: bytes) -> None:
    assert failure_of(cases.send_bytes, message).reason is FailureReason.CRASH


def test_a_child_that_hangs_up_and_stays_is_stopped() -> None:
    limits = ChildLimits(memory_mb=512, processor_seconds=5, wall_seconds=0.3)

    assert failure_of(cases.hang_up_and_stay, limits=limits).reason is FailureReason.WALL


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_no_message_gives_anything_but_a_value_or_a_refusal(noise: bytes) -> None:
    good = encode_result(TREE)
    for message in (noise, good[:-1] + noise, good[: len(noise)], noise[:20] + good[20:]):
        try:
            value = decode(message, cases.Tree)
        except Unreadable:
            continue
        assert isinstance(value, cases.Tree)


def test_a_child_finds_no_environment_no_other_files_and_no_parent_code() -> None:
    found = json.loads(run_in_child(cases.describe, limits=LIMITS, preload=PRELOAD))

    # LC_CTYPE is set by Python itself, where the locale is not UTF-8.
    assert set(found["environment"]) <= {"LANG", "LC_CTYPE", "GLIBC_TUNABLES"}
    assert "pytest" not in found["modules"]
    way_back, *standard = reversed(found["descriptors"])
    assert way_back.startswith("socket:")
    assert standard == ["/dev/null"] * 3
    assert found["memory_bytes"] == [LIMITS.memory_mb * 2**20] * 2
    assert found["core"] == [0, 0]
    assert found["file_bytes"] == [0, 0]
    assert found["group_is_own"]


def test_a_child_can_write_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        run_in_child(cases.write_a_file, str(tmp_path / "file"), limits=LIMITS, preload=PRELOAD)

    assert (tmp_path / "file").read_bytes() == b""


def test_eight_threads_at_once_each_get_their_own_result() -> None:
    def work(number: int) -> int:
        return run_in_child(cases.add, number, 1000, limits=LIMITS, preload=PRELOAD)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(80))) == [number + 1000 for number in range(80)]


def test_neither_descriptors_nor_zombies_stay_behind() -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)

    def count() -> tuple[int, int, int]:
        children = Path(f"/proc/{server_pid}/task/{server_pid}/children")
        return (
            len(list(Path("/proc/self/fd").iterdir())),
            len(list(Path(f"/proc/{server_pid}/fd").iterdir())),
            len(children.read_text().split()) if children.exists() else 0,
        )

    before = count()
    for number in range(200):
        if number % 20 == 0:
            failure_of(cases.die, signal.SIGABRT)
        else:
            run_in_child(cases.add, 1, 2, limits=LIMITS, preload=PRELOAD)

    # The last child's ending is told a moment before the server closes its socket.
    wait_until(
        lambda: all(now <= then for now, then in zip(count(), before, strict=True)),
        f"{count()} is {before} again",
    )


def test_what_a_child_has_started_ends_with_it(marks: Path) -> None:
    pid = run_in_child(cases.leave_a_grandchild, str(marks), limits=LIMITS, preload=PRELOAD)

    wait_until(lambda: not is_alive(pid), "the grandchild is gone")


def test_the_next_call_recovers_from_the_death_of_the_server() -> None:
    first = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    os.kill(first, signal.SIGKILL)

    second = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)

    assert second != first
    wait_until(lambda: not is_alive(first), "the first server is reaped")


def test_warming_up_recovers_from_the_death_of_the_server() -> None:
    first = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    os.kill(first, signal.SIGKILL)
    warm_up(PRELOAD)

    assert run_in_child(cases.add, 1, 2, limits=LIMITS) == 3


def test_a_call_is_repeated_when_its_server_dies_meanwhile(marks: Path) -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    limits = ChildLimits(memory_mb=512, processor_seconds=5, wall_seconds=1.0)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(failure_of, cases.sleep, str(marks), limits=limits)
        wait_until(lambda: len(list(marks.iterdir())) == 1, "the child runs")
        os.kill(server_pid, signal.SIGKILL)

        assert outcome.result().reason is FailureReason.WALL
    assert len(list(marks.iterdir())) == 2


def test_a_child_that_kills_its_server_is_a_crash() -> None:
    assert failure_of(cases.kill_the_server).reason is FailureReason.CRASH
    assert run_in_child(cases.add, 1, 2, limits=LIMITS, preload=PRELOAD) == 3


def test_a_server_asked_to_stop_goes_on() -> None:
    """A service manager signals every process; the note at hand must not fail by it."""
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(server_pid, number)

    assert run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD) == server_pid


@pytest.fixture
def short_lived(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server ends after a moment without a request."""
    caller._server.close()
    monkeypatch.setattr(caller, "_server", caller._ForkServer(idle_seconds=IDLE_SECONDS))
    yield
    caller._server.close()


def test_an_idle_server_ends_and_is_reaped(short_lived: None) -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)

    wait_until(lambda: not is_alive(server_pid), "the idle server is gone")


def test_after_an_idle_server_has_ended_the_next_call_has_another(short_lived: None) -> None:
    first = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    wait_until(lambda: not is_alive(first), "the idle server is gone")

    assert first != run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)


def test_a_server_with_a_child_at_work_is_not_idle(short_lived: None) -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)

    assert server_pid == run_in_child(
        cases.wait_and_tell_server_pid, 5 * IDLE_SECONDS, limits=LIMITS, preload=PRELOAD
    )


def test_a_server_that_is_warmed_again_and_again_stays(short_lived: None) -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    for _ in range(10):
        time.sleep(IDLE_SECONDS / 4)
        warm_up(PRELOAD)

    assert server_pid == run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)


def test_no_call_fails_that_meets_a_server_about_to_end(
    short_lived: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_seconds = 0.01
    monkeypatch.setattr(caller, "_server", caller._ForkServer(idle_seconds))
    servers = set()
    for step in range(60):
        servers.add(run_in_child(cases.tell_server_pid, limits=LIMITS))
        time.sleep(idle_seconds + (step - 30) * 0.0001)

    assert len(servers) > 1


def test_a_request_that_a_server_never_took_goes_to_the_next_one(short_lived: None) -> None:
    server_pid = run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)
    os.kill(server_pid, signal.SIGSTOP)

    def ask() -> int:
        return run_in_child(cases.tell_server_pid, limits=LIMITS, preload=PRELOAD)

    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(ask)
        time.sleep(0.2)  # it lies in the socket of a server that will not read it
        os.kill(server_pid, signal.SIGKILL)

        assert server_pid != outcome.result()


PROGRAM = """
    import signal, sys
    from inkchat.sandbox import ChildLimits, run_in_child
    from tests import sandbox_cases as cases

    # Who runs the tests in the background of a shell has it ignored, and so has this program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("once", flush=True)
    limits = ChildLimits(512, 60, 60.0)
    print(run_in_child(cases.tell_server_pid, limits=limits), flush=True)
    try:
        run_in_child(cases.sleep, sys.argv[1], limits=limits)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture
def program(tmp_path: Path, marks: Path) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM))
    with subprocess.Popen(
        [sys.executable, str(script), str(marks)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        yield started
        started.kill()


def wait_for_sleeper(marks: Path) -> int:
    wait_until(lambda: any(marks.iterdir()), "the child runs")
    (pid,) = (int(file.name) for file in marks.iterdir())
    return pid


def test_nothing_outlives_a_program_that_was_killed(
    program: subprocess.Popen[str], marks: Path
) -> None:
    child_pid = wait_for_sleeper(marks)
    assert program.stdout is not None
    assert program.stdout.readline() == "once\n"
    server_pid = int(program.stdout.readline())
    program.kill()
    program.wait(DEADLINE_SECONDS)

    wait_until(lambda: not is_alive(server_pid), "the server is gone")
    wait_until(lambda: not is_alive(child_pid), "the child is gone")


def test_ctrl_c_reaches_the_program_alone_and_prints_nothing_else(
    program: subprocess.Popen[str], marks: Path
) -> None:
    child_pid = wait_for_sleeper(marks)
    os.killpg(program.pid, signal.SIGINT)
    output, complaints = program.communicate(timeout=DEADLINE_SECONDS)

    # The program's own file is run once, and not again in each child.
    assert output.splitlines()[0::2] == ["once", "interrupted"]
    assert complaints == ""
    assert not is_alive(int(output.splitlines()[1]))
    wait_until(lambda: not is_alive(child_pid), "the child is gone")


TIGHTLY_LIMITED_PROGRAM = """
    import resource
    from inkchat.sandbox import ChildLimits, run_in_child
    from tests import sandbox_cases as cases

    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    print(run_in_child(cases.describe, limits=ChildLimits(4096, 10, 10.0)))
"""


def test_a_service_that_is_limited_itself_still_has_children() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TIGHTLY_LIMITED_PROGRAM)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout)["memory_bytes"] == [2**30, 2**30]
