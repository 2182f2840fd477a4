<?php
// What PHP writes to standard error reaches the web server within FastCGI's answer.
error_log("card S3CRET_stderr refused");
setcookie("PHPSESSID", "S3CRET_php_session");
header("X-Auth-Token: S3CRET_php_header");
$connection = @pg_connect("");
if ($connection) {
    @pg_query($connection, "select 'S3CRET_php_literal'::int");
    @pg_query_params($connection, 'select $1::int', ["S3CRET_php_bound"]);
}
echo "S3CRET_php_body";
