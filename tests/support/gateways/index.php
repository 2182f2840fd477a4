<?php
// The service of app.py once more, with php-pgsql or PDO: $_SERVER['PG_API'] says which.
$request = $_SERVER['HTTP_X_REQUEST_ID'] ?? 'none';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
parse_str($_SERVER['QUERY_STRING'] ?? '', $query);
$conninfo = 'dbname=' . getenv('PGDATABASE');

function with_pgsql($conninfo, $persistent)
{
    $connection = $persistent ? pg_pconnect($conninfo) : pg_connect($conninfo);
    return function ($sql, $values = []) use ($connection) {
        $result = $values ? @pg_query_params($connection, $sql, $values) : @pg_query($connection, $sql);
        if (!$result)
            throw new Exception(pg_last_error($connection));
        return pg_num_rows($result);
    };
}

function with_pdo($conninfo, $persistent)
{
    $connection = new PDO("pgsql:$conninfo", null, null, [PDO::ATTR_PERSISTENT => $persistent]);
    return function ($sql, $values = []) use ($connection) {
        $statement = $connection->prepare(preg_replace('/\$\d/', '?', $sql));
        $statement->execute($values);
        return $statement->rowCount();
    };
}

function answer($path, $query, $conninfo, $request)
{
    if ($path === '/nothing')
        return [200, 'nothing'];
    if ($path === '/upload')
        return [200, (string) strlen(file_get_contents('php://input'))];
    if ($path === '/large')
        return [200, str_repeat('y', (int) $query['size'])];
    $connect = ($_SERVER['PG_API'] ?? 'pgsql') === 'pdo' ? 'with_pdo' : 'with_pgsql';
    $execute = $connect($conninfo, ($_SERVER['PG_PERSISTENT'] ?? '') === '1');
    if ($path === '/broken') {
        $execute("select * from nonesuch /* req=$request */");
        return [200, 'unexpected'];
    }
    for ($i = 0; $i < (int) ($query['n'] ?? 1); $i++)
        $execute("select name from item where id = 7 /* req=$request */");
    if ($path === '/slow')
        $execute("select pg_sleep(0.02) /* req=$request */");
    $execute("insert into visit (path) values (\$1) /* req=$request */", [$path]);
    return [$path === '/items' ? 201 : 200, 'done'];
}

try {
    [$status, $body] = answer($path, $query, $conninfo, $request);
} catch (Exception $error) {
    [$status, $body] = [500, 'failed'];
}
http_response_code($status);
header('X-Answered: ' . $request);
echo $body;
if ($path === '/later') {
    fastcgi_finish_request();
    usleep(20000);
    with_pgsql($conninfo, false)("select name from item where id = 8 /* req=$request */");
}
