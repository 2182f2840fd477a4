#include "symbolize/names.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "symbolize/rust.h"

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

static void cut_length(char *name)
{
    if (strlen(name) > FUNCTION_NAME_MAX)
        memcpy(name + FUNCTION_NAME_MAX - 3, "...", sizeof "...");
}

/* NULL: it is no mangled name, or one that is not worth it. */
static char *demangled(const char *name)
{
    if (strlen(name) > MANGLED_MAX)
        return NULL;
    char *rust = rust_demangle(name);
    if (!rust)
        rust = rust_demangle_legacy(name);
    int status = -1;
    return rust || strncmp(name, "_Z", 2) != 0 ? rust : __cxa_demangle(name, NULL, NULL, &status);
}

char *name_readable(const char *symbol)
{
    char *name = xstrdup(symbol);
    cut_compiler_suffix(name);
    char *readable = demangled(name);
    if (readable) {
        free(name);
        name = readable;
    }
    cut_length(name);
    return name;
}
