"""Elastic's shared cases for containers, and what a process is called, through metadata_tool."""
import json
import os
import pathlib
import shutil
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
                   if not name.startswith(("KUBERNETES_", "ELASTIC_APM_", "OTEL_"))} | options
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
    ("/usr/bin/python3.11", ["/usr/bin/python3", "/usr/bin/gunicorn", "app"], "app", "python"),
    ("/usr/bin/python3.11", ["python3", "-m", "http.server", "80"], "http_server", "python"),
    ("/usr/bin/python3.11", ["python3", "-mhttp.server"], "http_server", "python"),
    ("/usr/bin/python3.11", ["python3", "-uW", "ignore", "/srv/manage.py"], "manage", "python"),
    ("/usr/bin/python3.11", ["python3", "-Wignore", "--", "batch.py"], "batch", "python"),
    ("/usr/bin/python3.11", ["python3", "-X", "dev", "/srv/shop/__main__.py"], "shop", "python"),
    ("/usr/bin/python3.11", ["python3", "-c", "print(1)"], "python", "python"),
    ("/usr/bin/python3.11", ["python3"], "python", "python"),
    ("/usr/bin/pythonette", ["pythonette", "x.py"], "pythonette", "C"),
    ("/usr/bin/perl", ["perl", "-I", "/srv/lib", "-w", "/srv/app.psgi"], "app", "Perl"),
    ("/usr/bin/perl", ["perl", "-we", "print 1"], "perl", "Perl"),
    ("/usr/bin/ruby3.1", ["ruby", "-rjson", "/usr/bin/puma"], "puma", "ruby"),
    ("/usr/sbin/php-fpm9.9", ["php-fpm: master process"], "php-fpm", "PHP"),
    ("/usr/bin/php8.2", ["php", "-d", "a=1", "-f", "cron.php"], "cron", "PHP"),
    ("/usr/bin/php8.2", ["php", "-S", "0.0.0.0:80", "router.php"], "router", "PHP"),
    ("/usr/bin/node", ["node", "--require", "x.js", "server.js"], "server", "javascript"),
    ("/usr/bin/node", ["node", "--inspect", "server.mjs"], "server", "javascript"),
    ("/usr/bin/dash", ["sh", "-ec", "true"], "sh", "Shell"),
    ("/usr/bin/bash", ["bash", "-o", "pipefail", "/srv/nightly.sh"], "nightly", "Shell"),
    ("", ["/opt/legacy/server"], "server", "C"),
    ("", [], "unknown-apmshim-service", "C"),
])
def test_program(exe, argv, name, language):
    lines = metadata(exe, *argv)
    name = "dash" if exe.endswith("dash") else name
    assert (field(lines, "service_name"), field(lines, "language")) == (name, language)


JVM = "/usr/lib/jvm/java-17-openjdk-amd64/bin/java"
PY = "/usr/bin/python3.11"


@pytest.mark.parametrize("exe, line, name, language", [
    (PY, "python3 /usr/bin/gunicorn -w 4 --bind 127.0.0.1:8000 --reload shop.wsgi:application", "shop", "python"),
    (PY, "python3 /usr/bin/gunicorn --preload shop.front.asgi:app -k uvicorn.workers.UvicornWorker", "shop_front", "python"),
    (PY, "python3 /usr/bin/gunicorn --name=billing --log-level debug app:app", "billing", "python"),
    (PY, "python3 /usr/bin/gunicorn3 -n billing app:app", "billing", "python"),
    (PY, "python3 /usr/bin/gunicorn shop:create_app('S3CRET')", "shop", "python"),
    (PY, "python3 /usr/bin/gunicorn -c gunicorn.conf.py", "gunicorn", "python"),
    (PY, "python3 -m gunicorn.app.wsgiapp shop:app", "shop", "python"),
    (PY, "python3 -m uvicorn --host 0.0.0.0 --factory orders.main:create", "orders", "python"),
    (PY, "python3 /usr/local/bin/uvicorn orders:app --port 80", "orders", "python"),
    (PY, "python3 /usr/bin/hypercorn -b :80 quotes:app", "quotes", "python"),
    (PY, "python3 /usr/bin/daphne -p 80 mysite.asgi:application", "mysite", "python"),
    (PY, "python3 /usr/bin/waitress-serve --listen=*:80 --call shop:create_app", "shop", "python"),
    (PY, "python3 /usr/bin/flask --app shop run --port 80", "shop", "python"),
    (PY, "python3 -m celery -A tasks.mail worker -l info", "tasks_mail", "python"),
    (PY, "python3 /usr/bin/trytond -c /etc/tryton/trytond.conf", "trytond", "python"),
    ("/usr/bin/uwsgi-core", "uwsgi --plugin python3 --http :80 --module=shop.wsgi:application --master", "shop", "python"),
    ("/usr/bin/uwsgi-core", "uwsgi --wsgi-file /srv/shop/wsgi.py --processes 4", "shop", "python"),
    ("/usr/bin/uwsgi-core", "uwsgi --wsgi-file /srv/shop/orders.py", "orders", "python"),
    ("/usr/bin/uwsgi-core", "uwsgi --mount /x=shop:app --manage-script-name", "shop", "python"),
    ("/usr/bin/uwsgi", "uwsgi --ini /usr/share/uwsgi/conf/default.ini --ini /etc/uwsgi/apps-enabled/shop.ini", "shop", "C"),
    ("/usr/bin/uwsgi-core", "uwsgi /srv/shop/uwsgi.ini", "shop", "C"),
    ("/usr/bin/uwsgi-core", "uwsgi /srv/x/uwsgi.ini --psgi app/orders.psgi", "orders", "Perl"),
    ("/usr/bin/uwsgi-core", "uwsgi --socket :80", "uwsgi-core", "C"),
    ("/usr/bin/perl", "perl /usr/bin/starman --listen :80 /srv/shop/app.psgi", "shop", "Perl"),
    ("/usr/bin/perl", "perl -Ilib /usr/bin/plackup -p 5000 -a orders.psgi", "orders", "Perl"),
    ("/usr/bin/perl", "perl -T nightly.pl", "nightly", "Perl"),
    (JVM, "java -Xmx2g -Dspring.profiles.active=prod -jar /srv/orders-1.4.2-SNAPSHOT.jar --server.port=80", "orders", "Java"),
    (JVM, "java -jar order-service.jar", "order-service", "Java"),
    (JVM, "java -cp /srv/a.jar:/srv/b.jar -ea com.acme.shop.OrderServer 80", "OrderServer", "Java"),
    (JVM, "java --module-path mods --add-opens java.base/java.lang=ALL-UNNAMED -m shop/com.acme.Shop", "Shop", "Java"),
    (JVM, "java JdbcClient.java", "JdbcClient", "Java"),
    (JVM, "java -classpath x org.apache.catalina.startup.Bootstrap start", "tomcat-application", "Java"),
    (JVM, "java -version", "java", "Java"),
    ("/usr/bin/php8.2", "php nightly.php", "nightly", "PHP"),
    ("/usr/bin/php8.2", "php -r echo", "php", "PHP"),
    ("/usr/bin/ruby3.1", "ruby bin/import.rb", "import", "ruby"),
])
def test_application(exe, line, name, language):
    """Not the server's name or the interpreter's, but what it runs."""
    lines = metadata(exe, *line.split(" "))
    assert (field(lines, "service_name"), field(lines, "language")) == (name, language)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text, name", [
    ('{"name": "orders", "version": "1"}', "orders"),
    ('{"author": {"name": "Anna"}, "keywords": ["name"], "scripts": {"name": "x"}, "name":"@acme/orders"}', "acme-orders"),
    ('{"author": {"name": "Anna"}}', "server"),
    ('{"name": ["x"]}', "server"), ('{"name": "a\\u0041"}', "server"), ('{"name', "server"), ("", "server"),
])
def test_node_package(text, name, tmp_path):
    write(tmp_path / "package.json", text)
    script = write(tmp_path / "src" / "server.js", "")
    assert field(metadata("/usr/bin/node", "node", str(script)), "service_name") == name
    relative = metadata("/usr/bin/node", "node", "./src/server.js", TEST_FOLDER=str(tmp_path))
    assert field(relative, "service_name") == name


def test_node_tool(tmp_path):
    """An installed tool runs the application of the working folder."""
    write(tmp_path / "package.json", '{"name": "shop"}')
    write(tmp_path / "node_modules" / "next" / "package.json", '{"name": "next"}')
    tool = write(tmp_path / "node_modules" / "next" / "bin" / "next", "")
    (tmp_path / "node_modules" / ".bin").mkdir()
    (tmp_path / "node_modules" / ".bin" / "next").symlink_to(tool)
    lines = metadata("/usr/bin/node", "node", "node_modules/.bin/next", "start", TEST_FOLDER=str(tmp_path))
    assert field(lines, "service_name") == "shop"


def test_php_fpm_pool(tmp_path):
    pools = tmp_path / "pool.d"
    write(pools / "a.conf", "; a pool\n[intranet]\nuser = www-data\n")
    config = write(tmp_path / "fpm.conf", f"[global]\npid = /run/x\ninclude={pools}/*.conf\n")
    for given in (["--fpm-config", str(config)], [f"-y{config}"], ["-F", f"--fpm-config={config}"]):
        lines = metadata("/usr/sbin/php-fpm8.2", "php-fpm8.2", *given)
        assert (field(lines, "service_name"), field(lines, "language")) == ("intranet", "PHP")
    write(pools / "b.conf", "[shop]\n")
    assert field(metadata("/usr/sbin/php-fpm8.2", "php-fpm8.2", "-y", str(config)), "service_name") == "php-fpm"
    assert field(metadata("/usr/sbin/php-fpm8.2", "php-fpm8.2", "-y", "/none"), "service_name") == "php-fpm"


def test_ruby_by_folder():
    for line in "ruby /usr/bin/puma -C config/puma.rb", "ruby bin/rails server":
        lines = metadata("/usr/bin/ruby3.1", *line.split(), TEST_FOLDER="/srv/shop")
        assert field(lines, "service_name") == "shop"


@pytest.mark.parametrize("path, line, name", [
    ("0::/system.slice/shop.service", "python3 /usr/bin/gunicorn app:app", "shop"),
    ("1:name=systemd:/system.slice/shop-front.service", "python3 app.py", "shop-front"),
    ("0::/system.slice/shop\\x2dfront.service", "python3 app.py", "shop-front"),
    ("0::/system.slice/system-shop.slice/shop@3.service", "python3 app.py", "shop"),
    ("0::/system.slice/system-gunicorn.slice/gunicorn@shop.service", "python3 /usr/bin/gunicorn app:app", "shop"),
    ("0::/system.slice/gunicorn.service", "python3 /usr/bin/gunicorn billing:app", "billing"),
    ("0::/system.slice/cron.service", "python3 nightly.py", "nightly"),
    ("0::/user.slice/user-1000.slice/session-3.scope", "python3 nightly.py", "nightly"),
    ("4:memory:/system.slice/shop.service", "python3 nightly.py", "nightly"),
])
def test_unit(path, line, name, tmp_path):
    """Of the process that the manager has started; its children may be anything."""
    write(tmp_path / "cgroup", path + "\n")
    given = ["/usr/bin/python3.11", *line.split()]
    assert field(metadata(*given, TEST_PROC=str(tmp_path), TEST_PPID="1"), "service_name") == name
    plain = field(metadata(*given), "service_name")
    assert field(metadata(*given, TEST_PROC=str(tmp_path), TEST_PPID="17"), "service_name") == plain
    assert field(metadata("/srv/bin/orders", "orders", TEST_PROC=str(tmp_path), TEST_PPID="1"), "service_name") == "orders"


def test_opentelemetry():
    """Its variables come after the agents' own."""
    attributes = "service.name=by%20attribute, service.version=1.2,deployment.environment=test,x"
    lines = metadata("/bin/x", "x", OTEL_RESOURCE_ATTRIBUTES=attributes)
    assert [field(lines, name) for name in ("service_name", "service_version", "environment")] == [
        "by attribute", "1.2", "test"]
    lines = metadata("/bin/x", "x", OTEL_RESOURCE_ATTRIBUTES=attributes, OTEL_SERVICE_NAME="named")
    assert field(lines, "service_name") == "named"
    lines = metadata("/bin/x", "x", OTEL_SERVICE_NAME="named", TEST_SERVICE_NAME="told")
    assert field(lines, "service_name") == "told"
    lines = metadata("/bin/x", "x", OTEL_SERVICE_NAME="", OTEL_RESOURCE_ATTRIBUTES="service.name=,=,,service.name")
    assert field(lines, "service_name") == "x"


def test_runtime_only_with_its_version():
    assert field(metadata("/usr/bin/python3.11", "python3"), "runtime_version") == "3.11"
    assert field(metadata("/usr/bin/python3", "python3"), "runtime_name") is None


def process(folder, content, exe, maps=""):
    """A folder as /proc has one, of a program with this content, and its metadata."""
    (folder / "exe").write_bytes(content)
    (folder / "maps").write_text(maps, encoding="utf-8")
    (folder / "root").symlink_to(folder)
    return metadata(exe, exe, TEST_PROC=str(folder))


def versions(lines):
    return tuple(field(lines, name) for name in ("runtime_name", "runtime_version", "language_version"))


FAR = b"." * (1 << 20)  # more than is read at once


@pytest.mark.parametrize("exe, content, expected", [
    ("python3.11", b"\0003.1.1\0003.11.2\0003.11.9\0", ("CPython", "3.11.2", "3.11.2")),
    ("python3.13", b"\0003.13.0rc1\0", ("CPython", "3.13.0rc1", "3.13.0rc1")),
    ("python3.11", b"\0003.11.2 of\0x3.11.4\0003.11.5+\0", ("CPython", "3.11.5+", "3.11.5+")),
    ("python3.11", b"\0/build/Python-3.11.2\0", ("CPython", "3.11.2", "3.11.2")),
    ("python3.11", b"\0003.12.2\0", ("CPython", "3.11", None)),
    ("python3.11", b"\0003.11.2", ("CPython", "3.11.2", "3.11.2")),
    ("python3.11", b"\0003.11." + b"1" * 100, ("CPython", "3.11", None)),
    ("python3.11", b"", ("CPython", "3.11", None)),
    ("python", b"\0003.11.2\0", (None, None, None)),
    ("pythonette", b"\0003.11.2\0", (None, None, None)),
    ("php8.2", b"\0X-Powered-By: PHP/8.2.36\0", ("PHP", "8.2.36", "8.2.36")),
    ("php-fpm8.4", FAR + b"\0X-Powered-By: PHP/8.4.0-dev\0", ("PHP", "8.4.0-dev", "8.4.0-dev")),
    ("node", b"v1.2.3\0" + FAR + b"\0node.js/v20.20.2\0", ("node", "20.20.2", None)),
    ("nodejs", b"\0node.js/v21.0.0-nightly1\0", ("node", "21.0.0-nightly1", None)),
    ("perl", b"\0v4.1.1\0v5.36.0\0", (None, "5.36.0", "5.36.0")),
    ("ruby3.1", b"\0ruby 3.1.2p20 (2022-04-12)\0", ("ruby", "3.1.2", "3.1.2")),
    ("ruby", b"\0ruby %s\0ruby 3.4.1 (2024-12-25)\0", ("ruby", "3.4.1", "3.4.1")),
    ("server", b"\0node.js/v20.20.2\0", (None, None, None))], ids=lambda value: value if isinstance(value, str) else "")
def test_exact_version(exe, content, expected, tmp_path):
    assert versions(process(tmp_path, content, f"/usr/bin/{exe}")) == expected


@pytest.mark.parametrize("shift", range(0, 200, 3))
def test_exact_version_wherever_it_stands(shift, tmp_path):
    content = FAR[:len(FAR) - shift] + b"\0X-Powered-By: PHP/8.2.36\0" + FAR[:50]
    assert versions(process(tmp_path, content, "/usr/bin/php8.2"))[1] == "8.2.36"


def test_version_of_a_library(tmp_path):
    """Where the interpreter is one; it may have another version than the program's name says."""
    library = tmp_path / "lib" / "libpython3.9.so.1.0"
    library.parent.mkdir()
    library.write_bytes(b"\0003.9.18\0")
    maps = "".join(f"7f00-7f01 r-xp 00000000 fe:00 7  /lib/{name}\n" for name in ("libc.so.6", library.name))
    assert versions(process(tmp_path, b"\0003.11.2\0", "/opt/python3", maps)) == ("CPython", "3.9.18", "3.9.18")


def test_version_of_java(tmp_path):
    (tmp_path / "jdk").mkdir()
    (tmp_path / "jdk" / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="17.0.15"\n', encoding="ascii")
    assert versions(process(tmp_path, b"", "/jdk/bin/java")) == ("Java", "17.0.15", "17.0.15")


@pytest.mark.parametrize("command, told", [
    (["/usr/bin/python3", "-c", "input()"],
     ["/usr/bin/python3", "-c", "import platform; print(platform.python_version())"]),
    (["/usr/bin/perl", "-e", "<>"], ["/usr/bin/perl", "-e", "printf '%vd', $^V"]),
    (["/usr/bin/ruby", "-e", "gets"], ["/usr/bin/ruby", "-e", "print RUBY_VERSION"]),
    (["/usr/bin/php", "-r", "fgets(STDIN);"], ["/usr/bin/php", "-r", "echo PHP_VERSION;"]),
    (["node", "-e", "process.stdin.on('data', x => 0)"], ["node", "-p", "process.versions.node"])])
def test_version_of_a_real_one(command, told):
    """As the interpreter says itself, while one runs."""
    version = subprocess.run(told, capture_output=True, check=True, text=True).stdout.strip()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        exe = os.readlink(f"/proc/{running.pid}/exe")
        while exe != os.path.realpath(shutil.which(command[0])):
            exe = os.readlink(f"/proc/{running.pid}/exe")
        lines = metadata(exe, *command, TEST_PROC=f"/proc/{running.pid}")
        running.stdin.close()
    assert field(lines, "runtime_version") == version


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
