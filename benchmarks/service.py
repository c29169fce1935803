"""The service as a whole: how soon, how many, how much memory, and how quiet when idle."""

import signal
import statistics
import threading
import time
from collections.abc import Iterator

from benchmarks.household import (
    Memory,
    make_household,
    measure_memory,
    measure_own_memory_mb,
    measure_processor_seconds,
)
from benchmarks.table import Row

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
    """After its first answer, with the SDK of the provider that gave it."""
    for provider, most_mb in IDLE_MOST_MB.items():
        with make_household(provider=provider) as house:
            service = house.start_service()
            house.save_note(0)
            house.wait_for_responses(1)
            time.sleep(2.0)
            own_mb = measure_own_memory_mb(service.pid)
            family = measure_memory(service.pid)
            service.send_signal(signal.SIGTERM)
            service.communicate()
        yield Row(
            f"Resident memory of an idle service, {provider}",
            f"{own_mb:.0f} MB; with the process that opens notes {family.resident_mb:.0f} MB, "
            f"shared pages once {family.proportional_mb:.0f} MB",
            f"≤ {most_mb} MB",
            own_mb <= most_mb,
        )


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
