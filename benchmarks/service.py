"""The service as a whole: how soon, how many, how much memory, and how quiet when idle."""

import signal
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.household import (
    Household,
    Memory,
    make_household,
    measure_memory,
    measure_processor_seconds,
    wait_until_alone,
)
from benchmarks.table import Row
from inkchat.sandbox import IDLE_SECONDS

SETTLE_SECONDS = 1.0
"""The default."""


def measure_save_to_response(count: int = 21) -> Row:
    """One note after the other; the model answers at once."""
    with make_household() as house:
        service = house.start_service()
        house.save_note(0)
        house.wait_for_responses(1)
        seconds = []
        for number in range(1, count):
            began = time.monotonic()
            house.save_note(number)
            seconds.append(house.wait_for_responses(number + 1) - began)
        service.send_signal(signal.SIGTERM)
        service.communicate()
    p50 = statistics.median(seconds)
    bound = SETTLE_SECONDS + 0.35
    return Row(
        f"Save to response, {len(seconds)} notes",
        f"p50 {p50:.2f} s, longest {max(seconds):.2f} s",
        f"p50 ≤ {bound:.2f} s",
        p50 <= bound,
    )


def measure_backlog(count: int = 200) -> Iterator[Row]:
    """Notes that waited at the start; the model answers at once; four workers."""
    with make_household() as house:
        for number in range(count):
            house.save_note(number)
        service = house.start_service("--once")
        began = time.monotonic()
        largest = Memory(0.0, 0.0)
        done = threading.Event()

        def watch_memory() -> None:
            nonlocal largest
            while not done.wait(0.1):
                now = measure_memory(service.pid)
                largest = max(largest, now, key=lambda memory: memory.resident_mb)

        watcher = threading.Thread(target=watch_memory)
        watcher.start()
        service.communicate()
        seconds = time.monotonic() - began
        done.set()
        watcher.join()
        answered = house.count_responses()
    yield Row(
        f"{count} notes waiting, 4 workers, settling included",
        f"{answered / seconds:.1f} notes/s, {count - answered} lost",
        "≥ 15 notes/s, 0 lost",
        answered / seconds >= 15 and answered == count,
    )
    yield Row(
        "Resident memory meanwhile, all processes",
        f"{largest.resident_mb:.0f} MB, shared pages once {largest.proportional_mb:.0f} MB",
        "≤ 250 MB",
        largest.resident_mb <= 250,
    )


def measure_slow_model(count: int = 64, workers: int = 8, delay_seconds: float = 2.0) -> Row:
    """Waiting for a model must not waste the workers."""
    with make_household(delay_seconds, workers) as house:
        service = house.start_service()
        # One note first: what the first call costs only once is not the question here.
        house.save_note(count)
        house.wait_for_responses(1)
        for number in range(count):
            house.save_note(number)
        began = time.monotonic() + SETTLE_SECONDS
        seconds = house.wait_for_responses(count + 1) - began
        service.send_signal(signal.SIGTERM)
        service.communicate()
    ideal = workers / delay_seconds
    rate = count / seconds
    return Row(
        f"{count} notes, model at {delay_seconds:.0f} s, {workers} workers",
        f"{rate:.2f} notes/s, {rate / ideal:.0%} of the ideal",
        f"≥ 90% of {ideal:.0f} notes/s",
        rate / ideal >= 0.9,
    )


IDLE_MOST_MB = {"Anthropic Claude": 110, "OpenAI": 90, "Google Gemini": 90, "Ollama": 90}


def measure_idle_memory() -> Iterator[Row]:
    """After its first answer, with the SDK of the provider that gave it; all at the same time."""
    with ExitStack() as stack:
        houses = {
            provider: stack.enter_context(make_household(provider=provider))
            for provider in IDLE_MOST_MB
        }
        with ThreadPoolExecutor(len(houses)) as pool:
            memories = list(pool.map(_measure_idle_memory, houses.values()))
    for (provider, most_mb), (warm, idle) in zip(IDLE_MOST_MB.items(), memories, strict=True):
        yield Row(
            f"Resident memory of an idle service, all processes, {provider}",
            f"{idle.resident_mb:.0f} MB; {warm.resident_mb:.0f} MB until what opens notes and "
            f"draws pages has ended, {IDLE_SECONDS:.0f} s after the last note",
            f"≤ {most_mb} MB",
            idle.resident_mb <= most_mb,
        )


def _measure_idle_memory(house: Household) -> tuple[Memory, Memory]:
    """Two seconds after the first answer, and when only the service itself is left."""
    service = house.start_service()
    try:
        house.save_note(0)
        house.wait_for_responses(1)
        time.sleep(2.0)
        warm = measure_memory(service.pid)
        wait_until_alone(service.pid, IDLE_SECONDS + 10.0)
        return warm, measure_memory(service.pid)
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate()


def measure_idle(seconds: float = 60.0) -> Row:
    """Nothing happens; what does the service do?"""
    with make_household() as house:
        service = house.start_service()
        house.save_note(0)
        house.wait_for_responses(1)
        time.sleep(1.0)
        before = measure_processor_seconds(service.pid)
        time.sleep(seconds)
        used = measure_processor_seconds(service.pid) - before
        memory = measure_memory(service.pid)
        service.send_signal(signal.SIGTERM)
        service.communicate()
    share = used / seconds
    return Row(
        f"Idle for {seconds:.0f} s",
        f"{share:.2%} of one core, {memory.resident_mb:.0f} MB resident",
        "≤ 0.5% of one core",
        share <= 0.005,
    )
