/* A child that shares the memory of its parent, which must find it as it was. */
#include "runner.h"

CONTEXT(in_vforked_child)
{
    int status = 0;
    struct pair before = pair_tcp();
    pid_t pid = vfork();
    if (pid == 0) {
        run_snippet();
        _exit(5);
    }
    waitpid(pid, &status, 0);
    printf("child ended %x\n", status);
    client_sends(&before, "still there");
    char buffer[32];
    long n = read(before.server, buffer, sizeof buffer);
    show_bytes("parent reads", buffer, n > 0 ? (size_t)n : 0);
    pair_close(&before);
}
