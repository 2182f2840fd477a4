"""Elastic's shared cases for containers, and what a process is called, through metadata_tool."""
import json
import os
import pathlib
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SPEC = pathlib.Path(os.environ.get("APM_SPEC_DIR", REPO.parent / "shared" / "apm-spec"))
TOOL = BUILD / "tests" / "metadata_tool"
CONTAINERS = json.loads(
    (SPEC / "json-specs" / "container_metadata_discovery.json").read_text(encoding="utf-8"))


def write_proc(folder, files):
    for path, lines in files.items():
        file = folder / pathlib.Path(path).name
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def metadata(exe, *argv, **options):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("KUBERNETES_", "ELASTIC_APM_"))} | options
    done = subprocess.run([TOOL, "metadata", exe, *argv], env=environment, capture_output=True,
                          check=True, text=True)
    return done.stdout.splitlines()


def field(lines, name):
    values = [line.partition("=")[2] for line in lines if line.startswith(name + "=")]
    return values[0] if values else None


@pytest.mark.parametrize("name", CONTAINERS)
def test_container(name, tmp_path):
    case = CONTAINERS[name]
    done = subprocess.run([TOOL, "container", write_proc(tmp_path, case["files"])],
                          capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == [case["containerId"] or "", case["podId"] or ""]


@pytest.mark.parametrize("exe, argv, name, language", [
    ("/usr/sbin/nginx", ["nginx: master process nginx"], "nginx", "C"),
    ("/srv/orders (deleted)", ["./orders"], "orders", "C"),
    ("/usr/bin/python3.11", ["/usr/bin/python3", "/usr/bin/gunicorn", "app"], "gunicorn", "Python"),
    ("/usr/bin/python3.11", ["python3", "-m", "http.server", "80"], "http_server", "Python"),
    ("/usr/bin/python3.11", ["python3", "-mhttp.server"], "http_server", "Python"),
    ("/usr/bin/python3.11", ["python3", "-uW", "ignore", "/srv/manage.py"], "manage", "Python"),
    ("/usr/bin/python3.11", ["python3", "-Wignore", "--", "batch.py"], "batch", "Python"),
    ("/usr/bin/python3.11", ["python3", "-X", "dev", "/srv/shop/__main__.py"], "shop", "Python"),
    ("/usr/bin/python3.11", ["python3", "-c", "print(1)"], "python", "Python"),
    ("/usr/bin/python3.11", ["python3"], "python", "Python"),
    ("/usr/bin/pythonette", ["pythonette", "x.py"], "pythonette", "C"),
    ("/usr/bin/perl", ["perl", "-I", "/srv/lib", "-w", "/srv/app.psgi"], "app", "Perl"),
    ("/usr/bin/perl", ["perl", "-we", "print 1"], "perl", "Perl"),
    ("/usr/bin/ruby3.1", ["ruby", "-rjson", "/usr/bin/puma"], "puma", "Ruby"),
    ("/usr/sbin/php-fpm8.2", ["php-fpm: master process"], "php-fpm", "PHP"),
    ("/usr/bin/php8.2", ["php", "-d", "a=1", "-f", "cron.php"], "cron", "PHP"),
    ("/usr/bin/php8.2", ["php", "-S", "0.0.0.0:80", "router.php"], "router", "PHP"),
    ("/usr/bin/node", ["node", "--require", "x.js", "server.js"], "server", "JavaScript"),
    ("/usr/bin/node", ["node", "--inspect", "server.mjs"], "server", "JavaScript"),
    ("/usr/bin/dash", ["sh", "-ec", "true"], "sh", "Shell"),
    ("/usr/bin/bash", ["bash", "-o", "pipefail", "/srv/nightly.sh"], "nightly", "Shell"),
    ("", ["/opt/legacy/server"], "server", "C"),
    ("", [], "unknown-apmshim-service", "C"),
])
def test_program(exe, argv, name, language):
    lines = metadata(exe, *argv)
    name = "dash" if exe.endswith("dash") else name
    assert (field(lines, "service_name"), field(lines, "language")) == (name, language)


def test_runtime_only_with_its_version():
    assert field(metadata("/usr/bin/python3.11", "python3"), "runtime_version") == "3.11"
    assert field(metadata("/usr/bin/python3", "python3"), "runtime_name") is None


def test_option_wins_and_is_sanitised():
    lines = metadata("/usr/bin/psql", "psql", TEST_SERVICE_NAME="shop/front é")
    assert field(lines, "service_name") == "shop_front __"


def test_long_values_are_cut():
    lines = metadata("/bin/x", "x" * 5000, *["é" * 600] * 100, TEST_SERVICE_NAME="n" * 2000)
    assert len(field(lines, "service_name")) == 1024
    assert len(field(lines, "title")) == 1024
    assert field(lines, "argc") == "64"
    assert [line for line in lines if line.startswith("argv=é")][0] == "argv=" + "é" * 512


def test_kubernetes(tmp_path):
    write_proc(tmp_path, CONTAINERS["gardener"]["files"])
    lines = metadata("/bin/x", "x", TEST_PROC=str(tmp_path))
    assert field(lines, "pod_uid") == CONTAINERS["gardener"]["podId"]
    assert field(lines, "pod") == os.uname().nodename
    lines = metadata("/bin/x", "x", TEST_PROC=str(tmp_path), KUBERNETES_POD_NAME="p",
                     KUBERNETES_NODE_NAME="n", KUBERNETES_NAMESPACE="s", KUBERNETES_POD_UID="u",
                     ELASTIC_APM_ACTIVATION_METHOD="K8S_ATTACH")
    got = [field(lines, name) for name in ("pod", "node", "namespace", "pod_uid")]
    assert got == ["p", "n", "s", "u"]
    assert field(lines, "activation_method") == "k8s-attach"


def test_system_and_agent():
    first, second = (metadata("/bin/x", "x", TEST_HOSTNAME="Told") for _ in range(2))
    assert field(first, "activation_method") == "env-attach"
    assert field(first, "ephemeral_id") != field(second, "ephemeral_id")
    assert field(first, "configured_hostname") == "Told"
    host = field(first, "detected_hostname")
    assert host == host.lower() and host.split(".")[0] == os.uname().nodename.lower().split(".")[0]
    assert (field(first, "platform"), field(first, "architecture")) == ("linux", os.uname().machine)


def test_global_labels():
    lines = metadata("/bin/x", "x", TEST_LABELS='team=a b, tier.x"y=1 ,broken,=none,empty=')
    assert [line for line in lines if line.startswith("label")] == [
        "label team=a b", "label tier_x_y=1", "label empty="]


def test_arguments_keep_no_secrets():
    given = ["server", "--password=s3", "--api-key", "s3", "PGPASSWORD=s3", "-v", "--keyboard=us",
             "host=db password='s 3' user=u", "postgresql://u:s3@db/x?sslmode=require",
             "https://db/a@b", "--token", "--next", "a=b",
             "-c", "select 's3'", "-c", "/etc/nginx.conf", "--command=select 's3'"]
    got = [line.partition("=")[2] for line in metadata("/bin/x", *given) if line.startswith("argv=")]
    assert got == ["server", "--password=[REDACTED]", "--api-key", "[REDACTED]",
                   "PGPASSWORD=[REDACTED]", "-v", "--keyboard=us",
                   "host=db password=[REDACTED] user=u",
                   "postgresql://[REDACTED]@db/x?sslmode=require", "https://db/a@b", "--token",
                   "--next", "a=b", "-c", "[REDACTED]", "-c", "/etc/nginx.conf",
                   "--command=[REDACTED]"]
