/* Issues a statement below frames that it has overwritten, and ends before it would return to them.
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static __attribute__((noinline)) void overwrite(PGconn *conn, uintptr_t with)
{
    uintptr_t *frame = __builtin_frame_address(0);
    for (int i = 1; i < 40; i++)
        frame[i] = with;
    PQexec(conn, "select 'below a corrupt stack'");
    _exit(7);
}

int main(int argc, char **argv)
{
    volatile uintptr_t room[64]; /* so that main's frame takes the damage */
    room[0] = 0;
    overwrite(PQconnectdb("host=/nonexistent"), argc > 1 ? strtoull(argv[1], NULL, 0) : room[0]);
}
