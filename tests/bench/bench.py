"""The paired benchmark. See docs/bench.md."""
import argparse
import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import hooks  # noqa: E402
import paired  # noqa: E402
import programs  # noqa: E402
import table  # noqa: E402
from support import postgres  # noqa: E402

EVERYTHING = [*programs.PROGRAMS, "hooks"]


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="|".join(EVERYTHING), help="default: all of them")
    parser.add_argument("--seconds", type=int, default=4, help="of each run")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--slow-stacks", action="store_true", help="also with stacks on slow spans alone")
    args = parser.parse_args()
    if unknown := set(args.what) - set(EVERYTHING):
        parser.error(f"not known: {', '.join(unknown)}")
    args.what = args.what or EVERYTHING
    return args


def measure_programs(args, names):
    variants = ["plain", "shim", *(["slow stacks"] if args.slow_stacks else [])]
    print(table.head(table.HEAD), flush=True)
    with contextlib.closing(paired.Sink()) as sink, contextlib.ExitStack() as stack:
        server = postgres.Postgres()
        stack.callback(server.stop)
        for name in names:
            with programs.PROGRAMS[name](server, args.seconds) as program:
                pairs = paired.run_pairs(program, variants, sink, args.seconds, args.pairs)
            for variant in variants:
                print(table.row(table.paired_row(name, variant, pairs)), flush=True)


def measure_hooks():
    print("\n" + table.head(hooks.HEAD), flush=True)
    for row in hooks.rows():
        print(table.row(row), flush=True)


def main():
    args = arguments()
    names = [name for name in args.what if name in programs.PROGRAMS]
    if names:
        measure_programs(args, names)
    if "hooks" in args.what:
        measure_hooks()


main()
