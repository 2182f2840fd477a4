"""raw_server.py with one path more: it puts what its client sent into a header, line ends and all."""
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import raw_server  # noqa: E402, found by the path above


def split(peer, method, headers, query):
    peer.reply(200, b"real", [("X-Echo", urllib.parse.unquote(query, "latin-1"))])
    return 200


raw_server.PATHS["/split"] = split

if __name__ == "__main__":
    raw_server.main()
