/* A child that was forked while the parent was already recorded. */
#include "runner.h"

CONTEXT(in_forked_child)
{
    int status = 0;
    struct pair before = pair_tcp();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        run_snippet();
        exit(5);
    }
    waitpid(pid, &status, 0);
    printf("child ended %x\n", status);
    pair_close(&before);
}
