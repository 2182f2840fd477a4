"""Services behind a gateway: php-fpm, uWSGI, Apache, gunicorn, uvicorn; and nginx in front of them."""
import contextlib
import os
import pathlib
import subprocess

from . import http_client, services, tracing
from .paths import PYTHON, free_port

APPS = pathlib.Path(__file__).resolve().parent / "gateways"

PHP_FPM = """
[global]
daemonize = no
error_log = {folder}/fpm.log
pid = {folder}/fpm.pid
[www]
user = {user}
group = {user}
listen = {listen}
listen.mode = 0666
pm = static
pm.max_children = {workers}
pm.max_requests = {max_requests}
clear_env = no
access.log = {folder}/access.log
access.format = "%{{HTTP_X_REQUEST_ID}}e %m %r %s"
"""


def php_fpm(folder, listen, workers=4, max_requests=0):
    """The command; `listen` is an address or a path."""
    user = "www-data" if os.geteuid() == 0 else os.environ["USER"]
    text = PHP_FPM.format(folder=folder, listen=listen, user=user, workers=workers, max_requests=max_requests)
    (folder / "fpm.conf").write_text(text, encoding="ascii")
    program = max(pathlib.Path("/usr/sbin").glob("php-fpm*"))
    return [program, "--nodaemonize", "--fpm-config", folder / "fpm.conf"]


def uwsgi(folder, socket_option, listen, workers=4, *options):
    """The command; `socket_option` is the protocol: socket, scgi-socket, fastcgi-socket, http-socket."""
    return ["/usr/bin/uwsgi", "--plugins", "logfile,python3", f"--{socket_option}", listen, "--chmod-socket=666",
            "--wsgi-file", APPS / "app.py", "--master", "--processes", workers, "--need-app", "--die-on-term",
            "--req-logger", f"file:{folder}/access.log",
            "--log-format", "%(var.HTTP_X_REQUEST_ID) %(method) %(uri) %(status)", "--logto2", folder / "uwsgi.log",
            *options]


@contextlib.contextmanager
def nginx(protocol, listen, *, keep=False, extra=""):
    """Passes everything on; the port it listens on. `protocol`: fastcgi, scgi, uwsgi or proxy."""
    port = free_port()
    target = listen if ":" in str(listen) else f"unix:{listen}"
    upstream = f"upstream service {{ server {target}; {'keepalive 4;' if keep else ''} }}"
    path = "http://service" if protocol == "proxy" else "service"
    parameters = "" if protocol == "proxy" else f"include /etc/nginx/{protocol}_params;"
    location = f"location / {{ {protocol}_pass {path}; {parameters} {extra} }}"
    with contextlib.closing(services.Nginx(port, http=upstream, server=location)) as server:
        process = subprocess.Popen(list(map(str, server.command)), env=tracing.environment(),
                                   stdin=subprocess.DEVNULL)
        try:
            http_client.wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(20)
