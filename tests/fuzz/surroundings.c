/* What every target has around it: random numbers that are the same every time, and a place in the
 * build folder for the files in which the fuzzer keeps what fails, whoever starts it from wherever.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    (void)flags;
    memset(buffer, 0x5a, length);
    return (ssize_t)length;
}

/* Behind the program's name, so that the same option on the command line goes before it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char prefix[] = "-artifact_prefix=" FUZZ_FAILED "/" FUZZ_NAME "-";
    char **longer = calloc((size_t)*argc + 2, sizeof *longer);
    if (!longer)
        abort();
    longer[0] = (*argv)[0];
    longer[1] = prefix;
    memcpy(longer + 2, *argv + 1, (size_t)(*argc - 1) * sizeof *longer);
    *argv = longer;
    (*argc)++;
    return 0;
}
