// Exceptions that cross frames of libpq and of the recorder, thrown by a notice processor, and
// afterwards the same connection again.
#include <libpq-fe.h>
#include <cstdio>
#include <stdexcept>
#include <thread>

static void throwing(void *, const char *message)
{
    throw std::runtime_error(message);
}

static void quiet(void *, const char *message)
{
    std::printf("quietly: %s", message);
}

static void once(const char *where)
{
    PGconn *conn = PQconnectdb("");
    PQsetNoticeProcessor(conn, throwing, nullptr);
    for (int i = 0; i < 3; i++) {
        try {
            PQclear(PQexec(conn, "do $$ begin raise notice 'through everything'; end $$"));
            std::printf("%s: nothing thrown\n", where);
        } catch (const std::exception &e) {
            std::printf("%s: caught %s", where, e.what());
        }
        PQreset(conn);
    }
    PQsetNoticeProcessor(conn, quiet, nullptr);
    PGresult *result = PQexec(conn, "do $$ begin raise notice 'again'; end $$");
    std::printf("%s: %s\n", where, PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(conn);
}

int main()
{
    once("main");
    std::thread(once, "thread").join();
    return 7;
}
