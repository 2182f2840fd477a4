"""SQL of every kind, made of tables: for names, for splitting, and for statements that differ in constants only."""

TABLES = ["t", "s.t", "c.s.t", 'U&"d\\0061ta"', 'U&"d!0061t!+00E9" UESCAPE \'!\' . "x"', '"T x"', 's."a""b"',
          '"a.b"', "s . t", "s/* c */./* /* d */ */t -- e\n", "set", "rows", "values", "only_t", "größe", "t$1",
          "_1", '"FROM"', "U", "e . b", '"it\'s"', 'U&"\\D83D\\DE00\\\\"']

FROM = ["{t}", "ONLY {t}", "ONLY ({t})", "{t} *", "{t} AS a", "{t} a (b, c)", "{t}, u", "{t} JOIN u ON true",
        "({t} JOIN u ON true)", "(({t} CROSS JOIN u) JOIN v USING (a)) x", "((ONLY {t} NATURAL JOIN u))",
        "{t} TABLESAMPLE system (1) REPEATABLE (2)"]
OTHER_FROM = ["f(1)", "s.f(1) AS x(a int)", "LATERAL f()", "LATERAL s.f(a) WITH ORDINALITY x",
              "(LATERAL f() x JOIN u ON a)", "ROWS FROM (f(1), g(2)) WITH ORDINALITY",
              "LATERAL ROWS FROM (s.f(1) AS (a int))", "(SELECT * FROM u) x", "LATERAL (SELECT 1) x",
              "(VALUES (1)) v", "((SELECT 1) UNION (SELECT a FROM u)) x", "(TABLE u) x",
              "(WITH w AS (SELECT 1) SELECT * FROM w) x", "((SELECT 1) x JOIN u ON true)", "(((SELECT 1))) x",
              "xmltable('/r' PASSING a COLUMNS b int PATH 'c')", "current_date", "CAST(1 AS int) x",
              "coalesce(1, 2) x", "trim(both from 'x') x", "extract(year from d) x", "(values JOIN u ON true)",
              "(rows CROSS JOIN u)", "(u x(a) LEFT JOIN LATERAL (SELECT FROM v) y ON true)",
              "generate_series(-1, 5) n, u",
              "json_table(a, '$' COLUMNS (b int PATH '$.b')) x", "json_object('a': 1) x", "json_arrayagg(a)",
              "nullif(1, 2)", "position(a IN b)", "substring(a FROM 1)", "ROWS FROM (current_date)", "t rows",
              "((VALUES (1)) x CROSS JOIN t)", "((TABLE t) x CROSS JOIN u)", "only_t, LATERAL (SELECT 1) x"]

LISTS = ["*", "1", "a[b[1]]", "a[1:2][b[c[3]]]", "a[b[1]], (r).f[2]", "extract(year FROM y)",
         "substring(a FROM 1 FOR 2)", "trim(both 'x' FROM y)", "trim(FROM y)", "overlay(a PLACING b FROM 1)",
         "position('x' IN y)", "ARRAY[a[1]]", "a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b, c",
         "(SELECT x FROM y)", "ARRAY(SELECT x FROM y)", "EXISTS (SELECT FROM y)", "CASE WHEN a THEN b END AS from",
         "x.from", "a AS distinct", "x.distinct", "a AS union", "'FROM x'", "$$ FROM x $$", "$q$'$q$",
         "E'it\\'s FROM x'", "'it''s FROM x'", '"FROM" x', "/* FROM x */ 1", "/* /* FROM x */ FROM y */ 1",
         "-- FROM x\n 1", "DISTINCT a", "DISTINCT ON (a) b", "ALL a", "a, DISTINCT_b", "a = ALL (SELECT x FROM y)",
         "count(*) FILTER (WHERE a) OVER (PARTITION BY b)", "a - -5", "a @- 5", "a <@ b", "a ? 'x'", "a #>> '{b}'",
         "1::numeric(3,1)", "'x'::text COLLATE \"C\"", "interval '1' day", "(row(1, 2)).f1", "a OPERATOR(s.+) -5",
         "U&'d\\0061t'", "U&'d!0061t' UESCAPE '!'", "B'01', X'1F', N'x'", "$1, a || $2", "1 ::int",
         "E'a'\n'FROM b'", "1 INTO x", "1 INTO TEMP TABLE x", "current_date", "((a))", "a::int[][1]", "*, (x.y).*"]

SELECTS = ["SELECT 1", "SELECT", "SELECT WHERE true", "SELECT a, FROM_b FROM t", "(SELECT a FROM t)",
           "((SELECT a FROM t))", "SELECT 1 UNION SELECT a FROM t", "(SELECT 1) UNION SELECT a FROM t",
           "(SELECT 1) UNION ALL (SELECT a FROM t)", "SELECT a FROM t UNION SELECT b FROM u",
           "SELECT (SELECT 1 FROM x) EXCEPT ALL ((SELECT 2) INTERSECT SELECT 3 FROM t)",
           "SELECT 1 UNION DISTINCT ((SELECT 2 FROM ONLY (t)))", "SELECT a FROM (SELECT 1) x UNION SELECT b FROM u",
           "(SELECT 1 ORDER BY 1 LIMIT 2) UNION (SELECT a FROM t) ORDER BY 1", "VALUES (1) UNION SELECT a FROM t",
           "SELECT 1 UNION VALUES (1), (2)", "SELECT 1 UNION TABLE t", "TABLE t", "(TABLE t)",
           "TABLE ONLY t UNION SELECT 1", "VALUES (1, 'FROM x'), (2, -3)", "(VALUES (1))",
           "WITH w AS (SELECT a FROM x) SELECT * FROM w",
           "WITH RECURSIVE w(a) AS (SELECT 1 UNION ALL SELECT a FROM w) SELECT * FROM w",
           "(WITH w AS (SELECT a FROM x) SELECT * FROM w) UNION SELECT 1",
           "SELECT 1 UNION (WITH w AS (TABLE x) SELECT * FROM w)",
           "WITH w AS (INSERT INTO x VALUES (1) RETURNING a) SELECT a FROM w",
           "SELECT a FROM t FOR UPDATE OF t SKIP LOCKED",
           "SELECT a FROM t WHERE b IN (SELECT c FROM x) GROUP BY a WINDOW w AS () FETCH FIRST 1 ROWS ONLY",
           "SELECT a INTO b FROM t", "select a from t", "SeLeCt a FrOm t", "SELECT\n\ta\r\nFROM\ft",
           "SELECT a union ALL SELECT b FROM t", "SELECT a LIMIT 1 UNION SELECT 2 FROM t", "SELECT a filter FROM t",
           "SELECT 1 end", "SELECT a,b FROM t;", "; ;SELECT a FROM t; ;", "-- c\n/* d */SELECT a FROM t -- e",
           "SELECT a FROM t WHERE f(-- )\n b)"]

CHANGES = ["INSERT INTO {t} VALUES (1, DEFAULT)",
           "INSERT INTO {t} (a, b) SELECT x FROM y ON CONFLICT DO NOTHING RETURNING *",
           "INSERT INTO {t} AS x DEFAULT VALUES", "UPDATE {t} SET a = 1",
           "UPDATE ONLY {t} SET a = 1 FROM u WHERE b = -5", "UPDATE {t} AS x SET a = (SELECT b FROM y)",
           "UPDATE {t} x SET (a, b) = (1, 2)", "UPDATE ONLY ({t}) x SET a = 1", "UPDATE {t} * SET a[b[1]] = 1",
           "DELETE FROM {t}", "DELETE FROM ONLY {t} USING u WHERE a = b", "DELETE FROM ONLY ({t}) x",
           "DELETE FROM {t} AS x WHERE CURRENT OF c", "DELETE FROM {t} x RETURNING (SELECT 1 FROM y)"]
CALLS = ["CALL p()", "CALL s.p(1, 'a')", 'CALL "S p"."q"(a => 1)', "CALL s . p(VARIADIC ARRAY[1])", "call c.s.p()"]

OTHERS = """WITH w AS (SELECT 1) INSERT INTO t SELECT * FROM w | WITH w AS (TABLE x) UPDATE t SET a = 1 FROM w
    WITH w AS (SELECT 1) DELETE FROM t USING w | MERGE INTO t USING u ON a = b WHEN MATCHED THEN UPDATE SET c = 1
    WITH w AS (SELECT 1) MERGE INTO t USING w ON true WHEN NOT MATCHED THEN INSERT VALUES (1)
    EXPLAIN SELECT a FROM t | EXPLAIN (ANALYZE, COSTS off) UPDATE t SET a = 1
    PREPARE p (int) AS SELECT a FROM t WHERE b = $1 | EXECUTE p(1) | DEALLOCATE p | DEALLOCATE PREPARE ALL
    DECLARE c CURSOR FOR SELECT a FROM t | FETCH 5 FROM c | MOVE -5 IN c | CLOSE c | COPY t FROM STDIN
    COPY t (a, b) TO '/x' (FORMAT csv, NULL '') | COPY (SELECT a FROM t) TO STDOUT
    CREATE TABLE t (a int DEFAULT -1 NOT NULL, b text) | CREATE TABLE t AS SELECT a FROM u
    CREATE VIEW v AS SELECT a FROM t | CREATE TABLE t (LIKE u)
    CREATE INDEX CONCURRENTLY i ON t (a) WHERE b IS DISTINCT FROM c | DROP TABLE t | TRUNCATE t, u
    CREATE MATERIALIZED VIEW v AS TABLE t | REFRESH MATERIALIZED VIEW v | ALTER TABLE t ADD COLUMN a int | ANALYZE t
    VACUUM t | ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL
    CREATE TRIGGER g AFTER UPDATE ON t EXECUTE FUNCTION f() | CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING
    CREATE RULE r AS ON UPDATE TO t DO ALSO (SELECT 1; DELETE FROM u; )
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT a FROM t $$
    CREATE FUNCTION f(a int) RETURNS int RETURN a + -5
    CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END FROM t; END
    CREATE OR REPLACE PROCEDURE s.p(begin int) LANGUAGE sql BEGIN ATOMIC TABLE t; UPDATE t SET a = 2; END
    CREATE PROCEDURE p() BEGIN ATOMIC END
    CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT x.end FROM x; END
    CREATE FUNCTION f() RETURNS int BEGIN ATOMIC CREATE PROCEDURE g() BEGIN ATOMIC SELECT 1; END; SELECT 2; END
    CREATE OR REPLACE FUNCTION begin() RETURNS atomic LANGUAGE sql AS $$;$$ | CREATE TABLE begin (atomic int)
    CREATE FUNCTION f(a begin) RETURNS TABLE (b int) BEGIN ATOMIC SELECT a; END | ALTER FUNCTION f() STRICT
    create /* c */ function f() returns void begin -- d;
    atomic ; ; select 1 end; end | CREATE VIEW v AS SELECT begin atomic FROM t
    CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS TABLE t | DO $$ BEGIN PERFORM 1; END $$ | BEGIN
    BEGIN ISOLATION LEVEL SERIALIZABLE | START TRANSACTION | COMMIT | END | ABORT | ROLLBACK
    ROLLBACK TO SAVEPOINT x | SAVEPOINT x | RELEASE x | PREPARE TRANSACTION 'x' | COMMIT PREPARED 'x'
    SET a.b = 'c' | SET TIME ZONE -5 | RESET ALL | SHOW ALL | DISCARD ALL | LISTEN x | NOTIFY x, 'y; z' | UNLISTEN *
    LOCK TABLE t | GRANT SELECT ON t TO u | CHECKPOINT | REVOKE ALL ON t FROM u | REASSIGN OWNED BY a TO b
    COMMENT ON TABLE t IS 'a; b' | CLUSTER t | REINDEX TABLE t | LOAD 'x' | SECURITY LABEL ON TABLE t IS 'x'
    IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y | CREATE DATABASE d | CREATE ROLE r PASSWORD 'x'
    ALTER SYSTEM SET a = 1 | CREATE SEQUENCE q INCREMENT BY -1 | CREATE TYPE y AS (a int, b text)
    CREATE DOMAIN d AS int CHECK (VALUE > -1) | DROP OWNED BY r | CREATE EXTENSION e
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO u"""


def named():
    """Single statements."""
    yield from (f"SELECT a FROM {table}" for table in TABLES)
    yield from (f"SELECT a FROM {place.format(t=table)} WHERE b = 'c'" for table in TABLES[:6] for place in FROM)
    yield from (f"SELECT {some} FROM {place}" for some in ["1", "a IS DISTINCT FROM b"] for place in OTHER_FROM)
    yield from (f"{before}SELECT {some}{behind}" for some in LISTS
                for before, behind in [("", ""), ("", " FROM s.t"), ("(", " FROM ONLY t)"),
                                       ("", " UNION SELECT 2 FROM t")])
    yield from SELECTS
    yield from (change.format(t=table) for table in TABLES for change in CHANGES)
    yield from CALLS
    yield from others()


def others():
    return [one.strip() for line in OTHERS.replace("-- d;\n", "-- d;\0").splitlines()
            for one in line.replace("\0", "\n").split(" | ")]


def several():
    """Texts of several statements."""
    pieces = [*others(), *SELECTS, *CALLS, "/* a; b */", "-- c; d\n", "",
              "SELECT ';', \";\", $$;$$, $a$;$$;$a$, E'\\';'",
              "SELECT a[b[1]], (1) -- ;\n", "/* /* ; */ ; */ SELECT 1", "SELECT U&';' UESCAPE '!', B'1'"]
    for first, second in zip(pieces, pieces[7:] + pieces[:7]):
        yield f"{first};{second}"
        yield f"  {first} ;\n\n{second}; /* {first[:1]} */ ;; CALL s.p()\n;"


CONSTANTS = ["5", "-5", "- 5", "-5.5", ".5", "-.5", "1e3", "-1E-3", "NULL", "null", "'7'", "E'7'", "$$7$$",
             "'7'\n'8'", "TRUE", "false", "'t'", "-/* c */5", "B'01'", "DATE '2020-01-01'"]

# Of the table x (a int, b text, c boolean, d date, n numeric, r int[], j jsonb).
TABLE = "CREATE TABLE x (a int, b text, c boolean, d date, n numeric, r int[], j jsonb)"
TEMPLATES = """SELECT {} | SELECT {} AS from | SELECT a + {} FROM x | SELECT a+{} FROM x | SELECT a - {} FROM x
    SELECT a -{} FROM x | SELECT a*{} FROM x | SELECT a <{} FROM x | SELECT a ={} FROM x | SELECT a <>{} FROM x
    SELECT a >={} AND n ={} FROM x | SELECT n !={} FROM x | SELECT a %{} FROM x | SELECT @{} | SELECT +{}
    SELECT - - {} | SELECT {}::int | SELECT {} ::int8 | SELECT ({})::int | SELECT {} ^ 2 | SELECT n ^{} FROM x
    SELECT a FROM x WHERE a = {} | SELECT a FROM x WHERE n > {} OR c = {} | SELECT a FROM x WHERE {} AND c
    SELECT a FROM x WHERE NOT c OR {} | SELECT a FROM x WHERE c IS NOT TRUE OR a = {} | SELECT a FROM x WHERE b = {}
    SELECT a FROM x WHERE a BETWEEN {} AND {} | SELECT a FROM x WHERE a NOT BETWEEN SYMMETRIC {} AND 3
    SELECT a FROM x WHERE a IN ({}, 2) | SELECT a FROM x WHERE a IN (1, {}) | SELECT a FROM x WHERE a NOT IN ({})
    SELECT a FROM x WHERE a = ANY (ARRAY[{}, 1]) | SELECT a FROM x WHERE a IS DISTINCT FROM {}
    SELECT a FROM x WHERE b LIKE {} | SELECT a FROM x WHERE a IS NOT DISTINCT FROM {} | SELECT a FROM x LIMIT {}
    SELECT a FROM x OFFSET {} | SELECT r[{}] FROM x | SELECT r[{}:{}] FROM x | SELECT j -> {} FROM x
    SELECT j->{} FROM x | SELECT j->>{} FROM x | SELECT j #>> {} FROM x
    SELECT CASE WHEN c THEN {} ELSE {} END FROM x | SELECT CASE a WHEN {} THEN 1 END FROM x
    SELECT coalesce(a, {}) FROM x | SELECT make_interval(days => {}) | SELECT make_interval(days := {})
    SELECT ROW({}, a) FROM x | SELECT abs({}) | SELECT x.a FROM x JOIN x y ON {}
    SELECT x.a FROM x LEFT JOIN LATERAL (SELECT 1) y ON {} | SELECT a FROM x GROUP BY a HAVING {}
    SELECT a FROM x ORDER BY {} + a | SELECT a FROM x ORDER BY a, {} + a
    SELECT sum(a) OVER (PARTITION BY {} + a) FROM x | SELECT DISTINCT {} FROM x | SELECT ALL {} FROM x
    SELECT substring(b FROM {}) FROM x | SELECT numeric '1' + {} | SELECT a AS c, {} FROM x
    INSERT INTO x (a) VALUES ({}) | INSERT INTO x (b, a) VALUES ('x', {}) | INSERT INTO x (c, n) SELECT {}, {}
    VALUES ({}, 2) | INSERT INTO x (c) VALUES ({}) RETURNING {} | UPDATE x SET a = {}
    UPDATE x SET (a, n) = ({}, 2) WHERE c = {} | UPDATE x SET a = a - {} | INSERT INTO x (b) VALUES ({})
    DELETE FROM x WHERE n < {} | DELETE FROM x WHERE c IS NULL AND a = {} RETURNING {} | SELECT {} IS NULL
    SELECT a FROM x WHERE NOT {} | SELECT b SIMILAR TO {} FROM x | SELECT position('x' IN {})
    SELECT overlay(b PLACING {} FROM 1) FROM x | SELECT substring(b FROM 1 FOR {}) FROM x
    SELECT a FROM x WHERE c IS TRUE OR NOT {} | SELECT num_nulls(VARIADIC {}) FROM x
    WITH w AS (SELECT {} AS a) SELECT a FROM w WHERE a = {} | SELECT a FROM x UNION SELECT {}
    SELECT '{{1,2}}'::int[] || {}"""


def alike():
    """Statements that differ in constants only, template by template."""
    for line in TEMPLATES.splitlines():
        for template in line.strip().split(" | "):
            yield [template.replace("{}", constant).replace("{{", "{").replace("}}", "}") for constant in CONSTANTS]
