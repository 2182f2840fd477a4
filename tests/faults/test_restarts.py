"""Services that renew themselves while they serve: no request is lost to their clients or to us."""
import contextlib
import os
import pathlib
import signal

import pytest

import fault_harness as harness
from support import gateways, http_client, tracing
from support.paths import PYTHON, free_port

APACHE = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
DocumentRoot {folder}/www
Listen 127.0.0.1:{port}
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
StartServers 2
MaxConnectionsPerChild 100
<Directory {folder}/www>
    Require all granted
</Directory>
"""


@contextlib.contextmanager
def apache(folder):
    port, www = free_port(), folder / "www"
    www.mkdir()
    (www / "health").write_bytes(b"a" * 600)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    config = folder / "apache.conf"
    config.write_text(APACHE.format(folder=folder, port=port), encoding="ascii")
    command = ["/usr/sbin/apache2", "-f", config, "-DFOREGROUND"]
    with harness.service(command, port, folder, stop_signal=signal.SIGTERM) as service:
        yield service


@contextlib.contextmanager
def gunicorn(folder):
    port = free_port()
    command = [PYTHON, "-m", "gunicorn", "--chdir", harness.HERE / "programs", "--bind", f"127.0.0.1:{port}",
               "--workers", 2, "--log-level=warning", "wsgi:application"]
    with harness.service(command, port, folder) as service:
        yield service


def test_nginx_new_workers(tmp_path):
    with harness.nginx(tmp_path) as service:
        service.send(10, keep_alive=False)  # before, it may listen and not yet handle signals
        for _ in range(5):
            service.trace.process.send_signal(signal.SIGHUP)
            service.send(100, keep_alive=False)
    service.assert_unharmed()
    service.assert_complete()


def pid_in(file):
    """Once it is there."""
    assert harness.eventually(lambda: file.exists() and file.read_text("ascii").strip()), file
    return int(file.read_text("ascii"))


def end_nginx(pid):
    os.kill(pid, signal.SIGQUIT)
    assert harness.eventually(lambda: not pathlib.Path(f"/proc/{pid}").exists())


PASSED_ON = ["LD_PRELOAD", tracing.TAG, "ELASTIC_APM_SERVER_URL", "ELASTIC_APM_LOG_FILE",
             "ELASTIC_APM_API_REQUEST_TIME", "ELASTIC_APM_METRICS_INTERVAL"]


@pytest.mark.parametrize("passed_on", [PASSED_ON, []], ids=["preload passed on", "preload not passed on"])
def test_nginx_new_program(tmp_path, passed_on):
    """A new master takes over the sockets of the old one, which it never listens on itself. nginx agrees
    to this only if its parent has gone, and leaves the environment behind unless told otherwise."""
    orphan = ["/bin/sh", "-c", '"$@" & until [ -s "${3%/*}/pid" ]; do sleep 0.01; done', "sh"]
    main = "".join(f"env {name};\n" for name in passed_on)
    with harness.nginx(tmp_path, wrapper=orphan, main=main, ready=False) as service:
        service.trace.process.wait(60)
        http_client.wait_for(service.port)
        service.send(100, keep_alive=False)
        old = pid_in(service.nginx.folder / "pid")
        os.kill(old, signal.SIGUSR2)
        assert pid_in(service.nginx.folder / "pid.oldbin") == old
        new = pid_in(service.nginx.folder / "pid")
        service.send(100, keep_alive=False)  # by both
        end_nginx(old)
        service.send(100, keep_alive=False)  # by the new one alone
        end_nginx(new)
    service.assert_unharmed()
    if passed_on:
        service.assert_complete()
    else:
        assert service.missing() < 200


def test_gunicorn_new_workers(tmp_path):
    with gunicorn(tmp_path) as service:
        for _ in range(2):
            service.send(100, keep_alive=False)
            before = set(service.trace.children())
            service.trace.process.send_signal(signal.SIGHUP)
            assert harness.eventually(lambda: len(set(service.trace.children()) - before) == 2)
            assert harness.eventually(lambda: not before & set(service.trace.children()))
        service.send(100, keep_alive=False)
    service.assert_unharmed()
    service.assert_complete()


def test_apache_new_workers(tmp_path):
    with apache(tmp_path) as service:
        for _ in range(3):
            service.send(150, keep_alive=False)
            service.trace.process.send_signal(signal.SIGUSR1)
        service.send(150, keep_alive=False)
    service.assert_unharmed()
    service.assert_complete()


def test_php_fpm_executes_itself(tmp_path):
    """Its master executes itself anew; the workers, which alone accept, clear their environment first."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    (tmp_path / "index.php").write_text("<?php echo 'ok';", encoding="ascii")
    listen = f"127.0.0.1:{free_port()}"
    command = gateways.php_fpm(tmp_path, listen, clear_env="yes")
    extra = f"fastcgi_param SCRIPT_FILENAME {tmp_path}/index.php;"
    requests = [("GET", "/x", {"X-Request-Id": f"p-{i}"}, None) for i in range(120)]

    def was_ready(times):
        log = tmp_path / "fpm.log"
        return log.exists() and log.read_text("ascii").count("ready to handle connections") == times

    with tracing.traced(command, env={"ELASTIC_APM_SERVICE_NAME": "renewed"}) as trace:
        with gateways.nginx("fastcgi", listen, extra=extra) as port:
            for times in range(1, 4):
                assert harness.eventually(lambda n=times: was_ready(n))
                assert all(http_client.load(port, requests[40 * (times - 1):40 * times], 4))
                running = len(tracing.forwarders(trace.tag))
                if times < 3:
                    trace.process.send_signal(signal.SIGUSR2)
    assert len(trace.requests) == 120
    assert {metadata["service"]["name"] for metadata in trace.metadata} == {"renewed"}
    assert running <= 2 * 3  # a supervisor and a worker for each program that the master was
