"""Writers and readers of the ring that are killed at any instruction."""
import re
import subprocess

import fault_harness as harness


def test_killed_at_every_instruction():
    sources = [harness.SOURCES / "wire" / name for name in ("ring_writer.c", "ring_reader.c", "record.c")]
    program = harness.program("every_instruction", "every_instruction.c", *sources, flags=("-O2",))
    command = [program, "all"] if harness.LONG else [program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout
    instructions = [int(count) for count in re.findall(r": (\d+) instructions", done.stdout)]
    assert len(instructions) == 6 and min(instructions) > 20
