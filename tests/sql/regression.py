#!/usr/bin/python3
"""Names and splitting of every statement of PostgreSQL's own regression tests, beside its own parser:

    /usr/bin/python3 tests/sql/regression.py [folder of .sql files]

Without a folder, Debian's source package of the installed server is fetched, with lists of its own beside the
system's. Prints what differs, and how many were compared; fails where something does. A backslash before a quote
has two readings (docs/privacy.md): behind one nothing is split, so it ends no text of several statements here."""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from sql.compare import OUT, differences, parsed  # noqa: E402
from support.postgres import programs  # noqa: E402

TOGETHER = 40  # statements of one text

TOKEN = re.compile(r"""(?isx) --[^\n]* | (?P<comment>/\*) | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | e'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<word>[^\W\d][\w$]*) | \d[\w.]*
    | (?P<command>\\[^\n]*) | .""")


def after_comment(text, at):
    depth, at = 1, at + 2
    while depth and at < len(text):
        step = {"/*": 1, "*/": -1}.get(text[at:at + 2], 0)
        depth, at = depth + step, at + (2 if step else 1)
    return at


def statements(text):
    """As psql sends them: it counts brackets, and BEGIN, CASE and END of a function's body."""
    start = at = brackets = blocks = 0
    words = []
    while at < len(text):
        token = TOKEN.match(text, at)
        begin, at = at, token.end()
        word = (token["word"] or "").lower()
        if token["comment"]:
            at = after_comment(text, begin)
        elif token["dollar"]:
            end = text.find(token["dollar"], at)
            at = end + len(token["dollar"]) if end >= 0 else len(text)
        elif word:
            words.append(word)
            routine = re.match(r"create (or replace )?(function|procedure)\b", " ".join(words[:4]))
            if routine and not brackets:
                blocks += word == "begin" or (word == "case" and blocks > 0)
                blocks -= word == "end" and blocks > 0
        brackets += token[0] == "("
        brackets -= token[0] == ")" and brackets > 0
        command = token["command"] and not token[0].startswith("\\;")
        if command or (token[0] == ";" and not brackets and not blocks):
            yield text[start:begin].strip()
            if re.match(r"copy\b.*\bfrom\s+stdin\b", " ".join(words)):
                data = re.compile(r"^\\\.$", re.M).search(text, at)
                at = data.end() if data else len(text)
            start, brackets, blocks, words = at, 0, 0, []


def fetched():
    """The folder of the tests of the server that is installed here."""
    out = OUT / "source"
    lists, sources = out / "lists", out / "sources"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources.mkdir(exist_ok=True)
    for path in [*pathlib.Path("/etc/apt").rglob("*.sources"), *pathlib.Path("/etc/apt").rglob("*.list")]:
        text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", path.read_text(encoding="utf-8"))
        (sources / path.name).write_text(re.sub(r"(?m)^deb\b(?!-src)", "deb-src", text), encoding="utf-8")
    options = ["-oDir::Etc::sourcelist=/dev/null", f"-oDir::Etc::sourceparts={sources}",
               f"-oDir::State::lists={lists}", "-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache=",
               "-oAPT::Sandbox::User=root", "-qq"]
    subprocess.run(["apt-get", *options, "update"], check=True)
    package = f"postgresql-{programs().parent.name}"
    shown = subprocess.run(["apt-cache", *options, "showsrc", package], check=True, stdout=subprocess.PIPE)
    for version in reversed(re.findall(r"(?m)^Version: (.*)$", shown.stdout.decode())):
        if not subprocess.run(["apt-get", *options, "source", "--download-only", f"{package}={version}"],
                              cwd=out, check=False).returncode:
            break
    for archive in out.glob(f"{package}_*.orig.tar.*"):
        subprocess.run(["tar", "xf", archive, "-C", out, "--wildcards", "*/src/test/regress/sql/*.sql"], check=True)
    return next(out.glob("*/src/test/regress/sql"))


def main():
    folder = pathlib.Path(sys.argv[1]) if sys.argv[1:] else fetched()
    texts = list(dict.fromkeys(one for path in sorted(folder.glob("*.sql"))
                               for one in statements(path.read_text(encoding="utf-8", errors="replace")) if one))
    differing, read = differences(texts)
    odd = {text for text, _, _ in differing}
    fine = [text for text, told in zip(texts, parsed(texts)) if told and text not in odd and "\\'" not in text]
    joined = [";\n".join(fine[at:at + TOGETHER]) for at in range(0, len(fine), TOGETHER)]
    wrong, together = differences(joined)
    for text, told, mine in differing + wrong:
        print(f"---- {text[:2000]}\n  parser: {told}\n  here:   {mine}")
    print(f"{read} of {len(texts)} statements compared, {len(differing)} differ; "
          f"{together} texts of {TOGETHER} statements compared, {len(wrong)} are split differently")
    return 0 if read and not differing and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
