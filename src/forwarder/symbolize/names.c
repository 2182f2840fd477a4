#include "symbolize/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

/* Longer input is not worth the demangler's time, which can grow much faster than its input. */
enum { MANGLED_MAX = 4096 };

/* From the C++ run-time library; its header is C++ only. */
char *__cxa_demangle(const char *mangled, char *buffer, size_t *size, int *status);

static void cut_compiler_suffix(char *name)
{
    static const char *const suffixes[] = {
        ".constprop.", ".isra.", ".part.", ".cold", ".lto_priv.", ".llvm.", ".localalias"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        char *at = strstr(name, suffixes[i]);
        if (at && at != name)
            *at = '\0';
    }
}

/* "::h" and 16 hex digits, which change with every build. */
static void cut_rust_hash(char *name)
{
    size_t len = strlen(name);
    if (len <= 19 || strncmp(name + len - 19, "::h", 3) != 0)
        return;
    for (size_t i = len - 16; i < len; i++) {
        if (!isxdigit((unsigned char)name[i]))
            return;
    }
    name[len - 19] = '\0';
}

static void cut_length(char *name)
{
    if (strlen(name) > FUNCTION_NAME_MAX)
        memcpy(name + FUNCTION_NAME_MAX - 3, "...", sizeof "...");
}

char *name_readable(const char *symbol)
{
    char *name = xstrdup(symbol);
    cut_compiler_suffix(name);
    if (strncmp(name, "_Z", 2) == 0 && strlen(name) <= MANGLED_MAX) {
        int status = -1;
        char *demangled = __cxa_demangle(name, NULL, NULL, &status);
        if (demangled) {
            free(name);
            name = demangled;
            cut_rust_hash(name);
        }
    }
    cut_length(name);
    return name;
}
