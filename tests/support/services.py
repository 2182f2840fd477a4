"""The services of examples/ and others, as commands to trace."""
import functools
import pathlib
import subprocess
import tempfile

from .paths import BUILD, EXAMPLES, PYTHON


@functools.lru_cache
def orders():
    """The program of examples/orders/, built beside everything else."""
    out = BUILD / "examples" / "orders"
    subprocess.run(["make", "-s", "-C", EXAMPLES / "orders", f"OUT={out}"], check=True)
    return out / "orders"


def orders_command(port, conninfo, workers=4, log=None):
    return [orders(), "-p", port, "-w", workers, "-d", conninfo, *(["-l", log] if log else [])]


def school_command(port, workers=2, *options):
    """gunicorn with its default, synchronous workers. Give it `school_environment`."""
    return [PYTHON, "-m", "gunicorn", "--chdir", EXAMPLES / "school", "--bind", f"127.0.0.1:{port}",
            "--workers", workers, "--log-level=warning", *options,
            "school.wsgi"]


def school_environment(pg, database):
    return pg.environment(database) | {"PYTHONDONTWRITEBYTECODE": "1", "APMSHIM_SQL_CHORES": "sent"}


NGINX = """
daemon off;
worker_processes {workers};
pid {folder}/pid;
error_log {folder}/error.log;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
    include /etc/nginx/mime.types;
    log_format ids '$http_x_request_id $request_method - $status';
    access_log {folder}/access.log ids;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile {sendfile};
    keepalive_requests 100000;
    {http}
    server {{
        listen 127.0.0.1:{port} backlog=512;
        root {folder}/www;
        error_page 404 /errors/404.html;
        {server}
    }}
}}
"""


class Nginx:
    """nginx's configuration and files in a folder of its own."""

    def __init__(self, port, workers=2, sendfile="on", http="", server="", connections=256):
        self._temporary = tempfile.TemporaryDirectory(prefix="apmshim-nginx-")
        self.folder = pathlib.Path(self._temporary.name)
        self.folder.chmod(0o755)
        self.www = self.folder / "www"
        (self.www / "errors").mkdir(parents=True)
        (self.www / "errors" / "404.html").write_text("lost\n", encoding="ascii")
        text = NGINX.format(port=port, folder=self.folder, workers=workers, sendfile=sendfile, http=http,
                            server=server, connections=connections, files=connections + 100)
        self.config = self.folder / "nginx.conf"
        self.config.write_text(text, encoding="ascii")

    @property
    def command(self):
        return ["/usr/sbin/nginx", "-c", self.config, "-e", self.folder / "error.log"]

    def close(self):
        self._temporary.cleanup()
