<?php
// pgsql and PDO: plain, with parameters, prepared, COPY, asynchronous.
$c = pg_connect('');
pg_query($c, '/* req=php */ create table php_t (a int, b text)');
pg_query_params($c, '/* req=php */ insert into php_t values ($1, $2)', [1, 'x']);
pg_prepare($c, 'named', '/* req=php */ select b from php_t where a = $1');
for ($i = 0; $i < 3; $i++) pg_fetch_all(pg_execute($c, 'named', [$i]));
pg_copy_from($c, 'php_t', ["2\ty\n", "3\tz\n"]);
pg_copy_to($c, 'php_t');
pg_send_query($c, '/* req=php */ select count(*) from php_t');
while ($r = pg_get_result($c)) pg_fetch_all($r);
pg_send_query_params($c, '/* req=php */ select a from php_t where b = $1', ['x']);
while ($r = pg_get_result($c)) pg_fetch_all($r);
@pg_query($c, '/* req=php */ select missing from php_t');
pg_insert($c, 'php_t', ['a' => 4, 'b' => 'w']);
pg_close($c);

$pdo = new PDO('pgsql:');
$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_SILENT);
$pdo->query('/* req=php */ select max(a) from php_t')->fetchAll();
$s = $pdo->prepare('/* req=php */ select b from php_t where a > :a');
for ($i = 0; $i < 3; $i++) { $s->execute(['a' => $i]); $s->fetchAll(); }
$pdo->beginTransaction();
$pdo->exec('/* req=php */ delete from php_t where a = 3');
$pdo->rollBack();
$pdo->query('/* req=php */ select missing from php_t');
