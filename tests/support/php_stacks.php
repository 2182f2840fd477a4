<?php
/* Issues statements from all kinds of frames of PHP, through FFI and a libpq that is not connected, and
 * says what stack PHP itself sees at each: lines of JSON, [name, [[file, line, function], ...]],
 * innermost first. Functions written in C are left out. */
namespace Shop;

final class Told
{
    public static array $lines = [];
    public static \FFI $library; // keeps it loaded
    public static \FFI $pq;
    public static $conn;
}

Told::$library = \FFI::cdef("int PQlibVersion(void);", "libpq.so.5");
Told::$pq = \FFI::cdef("void *PQconnectdb(const char *); void *PQexec(void *, const char *);");
Told::$conn = Told::$pq->PQconnectdb("host=/nonexistent");

function name_of(array $call): string
{
    if (in_array($call["function"], ["include", "require", "eval"]) && !isset($call["class"])) {
        return "{main}";
    }
    return isset($call["class"]) ? explode("\0", $call["class"])[0] . "::" . $call["function"] : $call["function"];
}

/* A function's frame is at the line where it calls the next one. */
function frames_of(array $calls): array
{
    $frames = [];
    for ($i = 1; $i <= count($calls); $i++) {
        $at = $calls[$i - 1];
        $function = $i < count($calls) ? name_of($calls[$i]) : "{main}";
        $built_in = $i < count($calls) && !isset($calls[$i - 1]["file"]);
        if (!$built_in) {
            $frames[] = [$at["file"], $at["line"], $function];
        }
    }
    return $frames;
}

function query(string $name): void
{
    Told::$pq->PQexec(Told::$conn, "select '$name'"); $line = __LINE__;
    Told::$lines[] = [$name, array_merge([[__FILE__, $line, __FUNCTION__]], frames_of(debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS)))];
}

class Cart
{
    public function order(int $depth): void
    {
        if ($depth) {
            $this->order($depth - 1);
        } else {
            query("method");
        }
    }

    public static function make(): void
    {
        query("static method");
    }

    public function __toString(): string
    {
        query("magic method");
        return "";
    }

    public function __destruct()
    {
        query("destructor");
    }
}

trait Counting
{
    public function count(): int
    {
        query("trait");
        return 0;
    }
}

class Shelf implements \Countable
{
    use Counting;
}

function numbers()
{
    query("generator");
    yield 1;
}

function recursion(int $depth): void
{
    if ($depth) {
        recursion($depth - 1);
    } else {
        query("deep recursion");
    }
}

function tries(): void
{
    try {
        throw new \Exception();
    } catch (\Exception $e) {
        query("catch");
    } finally {
        query("finally");
    }
}

function main(string $included): void
{
    query("function");
    (new Cart())->order(3);
    Cart::make();
    $unused = "" . new Cart();
    count(new Shelf());
    foreach (numbers() as $number) {
        query("in a loop");
    }
    array_map(function ($x) {
        query("closure called by C");
    }, [1]);
    tries();
    query(
        "several lines"
    );
    recursion(300);
    (new class {
        public function method(): void
        {
            query("anonymous class");
        }
    })->method();
    eval("\n\nShop\\query('eval');");
    include $included;
}

main($argv[1]);
foreach (Told::$lines as $line) {
    echo json_encode($line), "\n";
}
