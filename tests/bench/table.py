"""Results as Markdown."""
import statistics


def spread(values, form="{:,.0f}"):
    """Median [min–max]."""
    values = list(values)
    if None in values:
        return "–"
    return f"{form} [{form}–{form}]".format(statistics.median(values), min(values), max(values))


def row(cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def head(names):
    return row(names) + "\n" + row(["---"] * len(names))


HEAD = ["program", "variant", "requests/s", "ratio", "CPU µs/request", "added µs", "forwarder µs/request",
        "forwarder peak MB", "private kB/worker added", "wire B", "plain B", "transactions − answered",
        "records lost"]


def paired_row(name, variant, pairs):
    """pairs: [{variant: Result}]"""
    def each(pick, form="{:,.0f}"):
        return spread([pick(pair[variant], pair["plain"]) for pair in pairs], form)

    common = [name, variant, each(lambda r, _: r.per_second),
              each(lambda r, plain: r.per_second / plain.per_second, "{:.2f}"),
              each(lambda r, _: r.cpu, "{:,.1f}")]
    if variant == "plain":
        return common + ["–"] * (len(HEAD) - len(common))
    return common + [
        each(lambda r, plain: r.cpu - plain.cpu, "{:,.1f}"),
        each(lambda r, _: r.forwarder_cpu, "{:,.1f}"),
        each(lambda r, _: r.forwarder_peak / 1024),
        each(lambda r, plain: None if r.private is None else r.private - plain.private),
        each(lambda r, _: r.wire),
        each(lambda r, _: r.plain),
        each(lambda r, _: r.surplus),
        each(lambda r, _: r.lost),
    ]
