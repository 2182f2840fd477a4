/* What an ELF file says about itself that decides whether a preloaded library can see it. */
#ifndef APMSHIM_CLI_ELF_FACTS_H
#define APMSHIM_CLI_ELF_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"

/* Families of functions that matter here; bits of elf_facts.imports and .defines. */
enum family {
    FAMILY_SERVER = 1 << 0, /* listen, accept */
    FAMILY_LIBPQ = 1 << 1,
    FAMILY_OPENSSL = 1 << 2,
    FAMILY_GNUTLS = 1 << 3,
    FAMILY_MBEDTLS = 1 << 4,
    FAMILY_RUSTLS = 1 << 5,
    FAMILY_IO_URING = 1 << 6,
    FAMILY_DLOPEN = 1 << 7,
    FAMILY_SSL_BIO = 1 << 8, /* OpenSSL moves the bytes itself */
};

enum { NEEDED_MAX = 128 };

/* Strings live in the arena. */
struct elf_facts {
    int class;   /* ELFCLASS32 or ELFCLASS64 */
    int machine; /* EM_* */
    int type;    /* ET_* */
    bool is_pie, is_go;
    const char *interpreter; /* NULL: none */
    const char *rpath, *runpath;
    const char *needed[NEEDED_MAX];
    size_t needed_count;
    unsigned imports, defines; /* FAMILY_* */
};

/* False: not an ELF file, or not readable as one. */
bool elf_facts_read(struct arena *arena, const char *path, struct elf_facts *ret);
/* "x86-64" and the like. */
const char *elf_machine_name(int machine);

#endif
