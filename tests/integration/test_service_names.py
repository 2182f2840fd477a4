"""What services are called where nobody says so: real servers, as they are started."""
import contextlib
import json
import subprocess

import pytest

from support import gateways, http_client, tracing
from support.paths import PYTHON, free_port

NODE = """
process.title = "x";  // written over the arguments before anything is recorded
require("http").createServer((request, answer) => answer.end("x")).listen(Number(process.argv[2]), "127.0.0.1");
"""
WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
"""
JAVA = """
public class Orders {
    public static void main(String[] arguments) throws Exception {
        var address = new java.net.InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        var server = com.sun.net.httpserver.HttpServer.create(address, 0);
        server.createContext("/", exchange -> { exchange.sendResponseHeaders(200, -1); exchange.close(); });
        server.start();
    }
}
"""


def node(folder, port):
    (folder / "package.json").write_text(json.dumps({"name": "@acme/orders"}), encoding="ascii")
    (folder / "server.js").write_text(NODE, encoding="ascii")
    return ["node", "server.js", port], "acme-orders", "javascript"


def gunicorn(folder, port):
    (folder / "orders.py").write_text(WSGI, encoding="ascii")
    return [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "orders:application"], "orders", "python"


def uwsgi(folder, port):
    return gateways.uwsgi(folder, "http-socket", f"127.0.0.1:{port}", 1), "gateways", "python"


def php(folder, port):
    (folder / "nightly.php").write_text("<?php", encoding="ascii")
    return ["/usr/bin/php", "-S", f"127.0.0.1:{port}", "nightly.php"], "nightly", "PHP"


def php_fpm(folder, port):
    return gateways.php_fpm(folder, f"127.0.0.1:{port}", workers=1), "www", "PHP"


def java(folder, port):
    (folder / "Orders.java").write_text(JAVA, encoding="ascii")
    subprocess.run(["javac", "Orders.java"], cwd=folder, check=True)
    return ["java", "-Xshare:auto", "-cp", folder, "Orders", port], "Orders", "Java"


@pytest.mark.parametrize("server", [node, gunicorn, uwsgi, php, php_fpm, java])
def test_name(server, tmp_path):
    port = free_port()
    command, name, language = server(tmp_path, port)
    with tracing.traced(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as trace:
        http_client.wait_for(port, trace.process)
        with contextlib.ExitStack() as stack:
            if server is php_fpm:
                port = stack.enter_context(gateways.nginx("fastcgi", f"127.0.0.1:{port}"))
            http_client.load(port, [("GET", "/", {}, None)])
    service = trace.metadata[0]["service"]
    assert (service["name"], service["language"]["name"]) == (name, language)
