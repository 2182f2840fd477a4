"""Services behind a gateway: php-fpm, uWSGI, Apache, gunicorn, uvicorn; and nginx in front of them."""
import contextlib
import os
import pathlib
import shutil
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
clear_env = {clear_env}
access.log = {folder}/access.log
access.format = "%{{HTTP_X_REQUEST_ID}}e %m %r %s"
"""


def php_fpm(folder, listen, workers=4, max_requests=0, clear_env="no"):
    """The command; `listen` is an address or a path."""
    user = "www-data" if os.geteuid() == 0 else os.environ["USER"]
    text = PHP_FPM.format(folder=folder, listen=listen, user=user, workers=workers, max_requests=max_requests,
                          clear_env=clear_env)
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


APACHE = """
ServerRoot {folder}
ServerName test.invalid
PidFile {folder}/apache.pid
ErrorLog {folder}/apache-error.log
Listen 127.0.0.1:{port}
{modules}
User {user}
Group {user}
LogFormat "%{{X-Request-Id}}i %m %U %>s" ids
CustomLog {folder}/apache.log ids
TypesConfig /dev/null
DocumentRoot {folder}/www
<Directory {folder}/www>
    Require all granted
</Directory>
StartServers 2
<IfModule !mpm_prefork_module>
    ThreadsPerChild 16
</IfModule>
MaxRequestWorkers {workers}
KeepAliveTimeout 30
MaxKeepAliveRequests 0
{more}
"""


def apache(folder, port, mpm, modules=(), more="", workers=32):
    """The command."""
    user = "www-data" if os.geteuid() == 0 else os.environ["USER"]
    names = [f"mpm_{mpm}", "authz_core", "mime", "dir", *modules]
    lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names]
    (folder / "www").mkdir(exist_ok=True)
    (folder / "apache.conf").write_text(
        APACHE.format(folder=folder, port=port, modules="\n".join(lines), user=user, more=more, workers=workers),
        encoding="ascii")
    return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", folder / "apache.conf"]


def apache_with_php(folder, port, api):
    library = max(pathlib.Path("/usr/lib/apache2/modules").glob("libphp*.so"))
    (folder / "www").mkdir()
    shutil.copy(APPS / "index.php", folder / "www")
    more = f"""
        LoadModule php_module {library}
        AddHandler application/x-httpd-php .php
        FallbackResource /index.php
        SetEnv PG_API {api}
    """
    return apache(folder, port, "prefork", ["env"], more)


def gunicorn(port, log, worker_class, *options):
    """Give it the environment `PYTHONDONTWRITEBYTECODE`."""
    return [PYTHON, "-m", "gunicorn", "--chdir", APPS, "--bind", f"127.0.0.1:{port}", "--workers", 2,
            "--worker-class", worker_class, "--log-level=warning", "--access-logfile", log,
            "--access-logformat", "%({x-request-id}i)s %(m)s %(U)s %(s)s", *options, "app:application"]


def uvicorn(port, workers):
    """It has no log of request ids: the application writes its own to `ACCESS_LOG`."""
    return [PYTHON, "-m", "uvicorn", "--app-dir", APPS, "--host", "127.0.0.1", "--port", port, "--workers", workers,
            "--log-level", "warning", "--loop", "asyncio", "asgi:application"]


@contextlib.contextmanager
def running(command, port):
    """Until the end, untraced."""
    process = subprocess.Popen(list(map(str, command)), env=tracing.environment(), stdin=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        http_client.wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def nginx(protocol, listen, *, keep=False, extra="", http=""):
    """Passes everything on; the port it listens on. `protocol`: fastcgi, scgi, uwsgi or proxy."""
    port = free_port()
    target = listen if ":" in str(listen) else f"unix:{listen}"
    upstream = f"upstream service {{ server {target}; {'keepalive 4;' if keep else ''} }} {http}"
    path = "http://service" if protocol == "proxy" else "service"
    parameters = "" if protocol == "proxy" else f"include /etc/nginx/{protocol}_params;"
    location = f"location / {{ {protocol}_pass {path}; {parameters} {extra} }}"
    with contextlib.closing(services.Nginx(port, http=upstream, server=location)) as server:
        with running(server.command, port):
            yield port
