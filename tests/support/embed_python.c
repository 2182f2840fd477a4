/* A program with an interpreter in it. */
#include <Python.h>
#include <libpq-fe.h>

static const char script[] = "import ctypes\n"
                             "pq = ctypes.CDLL(None)\n"
                             "pq.PQconnectdb.restype = ctypes.c_void_p\n"
                             "pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]\n"
                             "conn = pq.PQconnectdb(b'host=/nonexistent')\n"
                             "def query():\n"
                             "    pq.PQexec(conn, b'select 1')\n"
                             "query()\n";

static __attribute__((noinline)) int run_script(void)
{
    int result = PyRun_SimpleString(script);
    __asm__ volatile("");
    return result;
}

int main(void)
{
    (void)PQlibVersion(); /* keeps libpq loaded */
    Py_InitializeEx(0);
    int result = run_script();
    Py_FinalizeEx();
    return result != 0;
}
