"""What the forwarder makes of SQL beside what PostgreSQL's own parser does."""
import functools
import json
import os
import pathlib
import re
import subprocess

from support.paths import BUILD

HERE = pathlib.Path(__file__).resolve().parent
OUT = BUILD / "sql"
PARSER = "libpg-query@17.7.4"


@functools.lru_cache
def modules():
    """PostgreSQL's parser as WebAssembly, from the npm registry."""
    if not (OUT / "node_modules" / "libpg-query").exists():
        OUT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", PARSER],
                       cwd=OUT, check=True, env=os.environ | {"npm_config_cache": str(OUT / "npm")})
    return OUT / "node_modules"


def parsed(texts):
    """Of each text its statements as [(text, name)], or None where the parser refuses it."""
    done = subprocess.run(["node", HERE / "parse_tree.js", modules()], input=json.dumps(texts).encode(),
                          stdout=subprocess.PIPE, check=True)
    return [told and [(one["text"], one["name"]) for one in told] for told in json.loads(done.stdout)]


def sql_tool(mode, text):
    done = subprocess.run([BUILD / "tests" / "sql_tool", mode], input=text.encode(), check=True,
                          stdout=subprocess.PIPE)
    return done.stdout.decode()


def ours(text):
    fields = sql_tool("statements", text).split("\0")[:-1]
    return list(zip(fields[::2], fields[1::2]))


def comparable(statements):
    """Names are as they were written here, and as the server folds and cuts them there."""
    return [(re.sub(r"[ \t\r\n\f\v]+$", "", text), ".".join(part.lower()[:63] for part in name.split(".")))
            for text, name in statements]


def differences(texts):
    """(text, what the parser says, what is said here) of those that it reads, and how many it reads."""
    found, read = [], 0
    for text, told in zip(texts, parsed(texts)):
        if told is None:
            continue
        read += 1
        mine = ours(text)
        if comparable(mine) != comparable(told):
            found.append((text, told, mine))
    return found, read
