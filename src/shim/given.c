#include "given.h"

#include <stdbool.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024, VARIABLES_MAX = 1024 };

static char arguments[GIVEN_ARGV_MAX];
static size_t arguments_len;
static char text[TEXT_MAX]; /* touched as far as used */
static size_t text_len;
static char *variables[VARIABLES_MAX + 1];
static unsigned count;

static bool is_ours(const char *variable)
{
    return strncmp(variable, "APMSHIM_", 8) == 0 || strncmp(variable, "ELASTIC_APM_", 12) == 0;
}

static void keep_variables(char **envp, bool ours)
{
    for (; envp && *envp && count < VARIABLES_MAX; envp++) {
        if (is_ours(*envp) != ours)
            continue;
        size_t n = strlen(*envp) + 1;
        if (n > sizeof text - text_len)
            continue;
        memcpy(text + text_len, *envp, n);
        variables[count++] = text + text_len;
        text_len += n;
    }
}

void given_keep(int argc, char **argv, char **envp)
{
    for (int i = 0; i < argc && argv && argv[i]; i++) {
        size_t n = strlen(argv[i]) + 1;
        if (n > sizeof arguments - arguments_len)
            break;
        memcpy(arguments + arguments_len, argv[i], n);
        arguments_len += n;
    }
    keep_variables(envp, true);
    keep_variables(envp, false);
}

const char *given_variable(const char *name)
{
    size_t len = strlen(name);
    for (unsigned i = 0; i < count; i++)
        if (strncmp(variables[i], name, len) == 0 && variables[i][len] == '=')
            return variables[i] + len + 1;
    return NULL;
}

size_t given_argv(char out[GIVEN_ARGV_MAX])
{
    memcpy(out, arguments, arguments_len);
    return arguments_len;
}

char *given_environment(unsigned index)
{
    return variables[index];
}
