"""What PostgreSQL's clients send to prove who they are is in no recording; what they ask then is told as ever."""
import pytest

from support import postgres, tracing
from support.paths import PYTHON

PASSWORD = "correct-horse-battery-staple"

CLIENT = """
import asyncio, asyncpg, os, ssl
async def main():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    conn = await asyncpg.connect(host=os.environ["PGHOST"], ssl=context if os.environ["TLS"] else False)
    for i in range(3):
        await conn.fetch("select 'planted' || $1::text", str(i))
    await conn.close()
asyncio.run(main())
"""


@pytest.fixture(name="locked_pg", scope="module")
def postgres_with_passwords():
    server = postgres.Postgres(tls=True)
    rules = server.folder / "data/pg_hba.conf"
    methods = {"cleartext": "password", "hashed": "md5", "scrambled": "scram-sha-256"}
    text = "".join(f"host all {user} all {method}\n" for user, method in methods.items())
    rules.write_text(text + rules.read_text(encoding="ascii"), encoding="ascii")
    for user in methods:
        encryption = "md5" if user == "hashed" else "scram-sha-256"
        server.run("postgres", f"set password_encryption = '{encryption}'; "
                               f"create role {user} superuser login password '{PASSWORD}'")
    server.run("postgres", "select pg_reload_conf()")
    yield server
    server.stop()


@pytest.mark.parametrize("tls", ["", "1"], ids=["plain", "tls"])
@pytest.mark.parametrize("user", ["cleartext", "hashed", "scrambled"])
def test_recording(locked_pg, tmp_path, user, tls):
    recording = tmp_path / "recording"
    environment = locked_pg.environment("postgres") | {"PGUSER": user, "PGPASSWORD": PASSWORD, "TLS": tls,
                                                       "APMSHIM_RECORD": recording}
    with tracing.traced([PYTHON, "-c", CLIENT], env=environment) as trace:
        assert trace.process.wait(60) == 0
    bytes_kept = recording.read_bytes()
    assert b"planted" in bytes_kept and PASSWORD.encode() not in bytes_kept
    assert b"SCRAM-SHA-256" not in bytes_kept or b",p=" not in bytes_kept  # the proof
    assert sum(span["name"].startswith("SELECT") for span in trace.spans) >= 1
