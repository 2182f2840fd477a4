<?php
// An old application: it says much to standard error before it answers, or does not come to answer.
for ($i = 0; $i < (int)($_GET['warnings'] ?? 0); $i++)
    trigger_error("warning $i of an old application " . str_repeat('x', 60), E_USER_WARNING);
if (isset($_GET['throw']))
    throw new DomainException("no account of {$_GET['throw']}");
if (isset($_GET['memory'])) {
    ini_set('memory_limit', '4M');
    $much = str_repeat('x', 9000000);
}
http_response_code((int)($_GET['code'] ?? 200));
echo "hello\n";
