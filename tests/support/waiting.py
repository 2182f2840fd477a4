"""Waiting for what will be."""
import time


def eventually(condition, seconds=60):
    """Waits for it; whether it came true."""
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    return found
