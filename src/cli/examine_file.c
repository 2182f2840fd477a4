#include "examine.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf_facts.h"
#include "libraries.h"
#include "program.h"

enum { SCRIPT_DEPTH_MAX = 4, SCRIPT_LINE_MAX = 256 };

const char *command_path(struct arena *arena, const char *command)
{
    if (strchr(command, '/'))
        return access(command, F_OK) == 0 ? command : NULL;
    const char *list = getenv("PATH");
    for (list = list ? list : "/usr/bin:/bin"; *list;) {
        size_t len = strcspn(list, ":");
        const char *path = arena_printf(arena, "%.*s%s%s", (int)len, list, len ? "/" : "", command);
        struct stat st;
        if (access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            return path;
        list += len + (list[len] == ':');
    }
    return NULL;
}

/* The kernel then starts it in secure mode, in which the loader ignores LD_PRELOAD. Root that runs
 * a program which only makes it root is no such case. */
static void check_privileges(const char *path, const struct stat *st, struct findings *ret)
{
    struct statvfs fs;
    if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID))
        return;
    bool set_user = st->st_mode & S_ISUID;
    bool set_group = (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
    if ((set_user && st->st_uid != getuid()) || (set_group && st->st_gid != getgid()))
        findings_add(ret, FINDING_BLOCKER, "it is set%s: the loader ignores LD_PRELOAD in it",
            set_user ? "uid" : "gid");
    else if (set_user || set_group)
        findings_add(ret, FINDING_LIMIT, "it is set%s: seen only when started by its owner",
            set_user ? "uid" : "gid");
    if (getxattr(path, "security.capability", NULL, 0) <= 0)
        return;
    findings_add(ret, getuid() == 0 ? FINDING_LIMIT : FINDING_BLOCKER,
        "it has file capabilities: the loader ignores LD_PRELOAD in it%s",
        getuid() == 0 ? " unless root starts it" : "");
}

static void check_machine(struct arena *arena, const struct elf_facts *facts, struct findings *ret)
{
    struct elf_facts own;
    if (elf_facts_read(arena, "/proc/self/exe", &own) &&
        (own.class != facts->class || own.machine != facts->machine))
        findings_add(ret, FINDING_BLOCKER, "it is a program for %s, libapmshim.so is for %s",
            elf_machine_name(facts->machine), elf_machine_name(own.machine));
}

static void check_loader(const struct elf_facts *facts, struct findings *ret)
{
    if (facts->type != ET_EXEC && facts->type != ET_DYN)
        findings_add(ret, FINDING_BLOCKER, "it is an object file, not a program");
    else if (facts->type == ET_DYN && !facts->interpreter && !facts->is_pie)
        findings_add(ret, FINDING_BLOCKER, "it is a shared library, not a program");
    else if (!facts->interpreter)
        findings_add(ret, FINDING_BLOCKER,
            "it is statically linked%s: there is no loader that would preload anything",
            facts->type == ET_DYN ? " (static-pie)" : "");
    else if (strstr(facts->interpreter, "ld-musl"))
        findings_add(ret, FINDING_BLOCKER,
            "it is linked against musl (%s), libapmshim.so against glibc", facts->interpreter);
    else
        findings_add(
            ret, FINDING_SEEN, "loaded by %s, which honours LD_PRELOAD", facts->interpreter);
}

/* Go makes its system calls itself, cgo's C code excepted. */
static void check_go(
    const struct elf_facts *facts, const struct libraries *libraries, struct findings *ret)
{
    if (!facts->is_go)
        return;
    bool calls_libpq = libraries->imports & FAMILY_LIBPQ;
    findings_add(ret, calls_libpq ? FINDING_LIMIT : FINDING_BLOCKER,
        "it is a Go program: its sockets bypass libc%s",
        calls_libpq ? "; only what its C code does through libpq is seen" : "");
}

static void check_own_copies(const struct elf_facts *facts, struct findings *ret)
{
    static const struct {
        unsigned family;
        const char *text;
    } copies[] = {
        {FAMILY_LIBPQ, "libpq is linked into it: its statements won't be seen"},
        {FAMILY_OPENSSL, "OpenSSL is linked into it: what goes through TLS won't be seen"},
        {FAMILY_MBEDTLS, "mbed TLS is linked into it: what goes through TLS won't be seen"},
        {FAMILY_GNUTLS, "GnuTLS is linked into it: what goes through TLS won't be seen"},
        {FAMILY_RUSTLS, "rustls is linked into it: what goes through TLS won't be seen"},
        {FAMILY_IO_URING, "it uses io_uring: what passes through that won't be seen"},
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
        if (facts->defines & copies[i].family)
            findings_add(ret, FINDING_LIMIT, "%s", copies[i].text);
}

void examine_own_copies(struct arena *arena, const char *path, struct findings *ret)
{
    struct elf_facts facts;
    if (elf_facts_read(arena, path, &facts))
        check_own_copies(&facts, ret);
}

static void check_libraries(const struct libraries *libraries, struct findings *ret)
{
    const char *libpq = libraries_named(libraries, "libpq");
    const char *tls = libraries_named(libraries, "libssl.so");
    if (!tls)
        tls = libraries_named(libraries, "libgnutls.so");
    if (libpq)
        findings_add(ret, FINDING_SEEN, "libpq: its SQL statements (%s)", libpq);
    if (libraries->imports & FAMILY_SERVER)
        findings_add(ret, FINDING_SEEN, "sockets: HTTP requests, where it serves any");
    if (tls && libraries->imports & FAMILY_SERVER)
        findings_add(ret, FINDING_SEEN, "TLS: the same through %s", tls);
    if (libraries_named(libraries, "liburing.so"))
        findings_add(ret, FINDING_LIMIT, "io_uring: what passes through liburing is not seen");
    for (size_t i = 0; i < libraries->count; i++)
        if (!libraries->items[i].path)
            findings_add(ret, FINDING_LIMIT, "%s was not found", libraries->items[i].name);
}

static void check_ways_past_us(const struct elf_facts *facts, struct findings *ret)
{
    if (facts->imports & FAMILY_SSL_BIO)
        findings_add(ret, FINDING_LIMIT,
            "TLS: what OpenSSL reads and writes itself (BIO_f_ssl) is not seen");
}

/* The modules of an interpreter bring what the program file doesn't show. */
static bool check_interpreter(struct arena *arena, const char *path, struct findings *ret)
{
    static const char *const drivers[][2] = {
        {"python", "Python: psycopg2, psycopg and asyncpg are seen"},
        {"Perl", "Perl: DBD::Pg uses libpq and is seen"},
        {"PHP", "PHP: pgsql and PDO_PGSQL use libpq and are seen"},
        {"ruby", "Ruby: the pg gem uses libpq and is seen"},
        {"javascript", "JavaScript: pg and pg-native are seen"},
        {"Shell", "Shell: what it starts is seen by its own"},
    };
    const char *language = program_of(arena, path, (struct bytes){0}).language;
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (strcmp(drivers[i][0], language) == 0) {
            findings_add(ret, FINDING_SEEN, "%s", drivers[i][1]);
            return true;
        }
    return false;
}

static void check_run_time(
    const struct elf_facts *facts, bool interprets, unsigned imports, struct findings *ret)
{
    unsigned traced = FAMILY_SERVER | FAMILY_LIBPQ;
    if (facts->imports & FAMILY_DLOPEN)
        findings_add(ret, FINDING_LIMIT,
            "it loads modules at run time: not known here; sockets of those opened with "
            "RTLD_DEEPBIND are not seen");
    else if (!interprets && !(imports & traced))
        ret->nothing_to_trace = true;
}

static void examine_program(
    struct arena *arena, const char *path, const struct elf_facts *facts, struct findings *ret)
{
    check_machine(arena, facts, ret);
    check_loader(facts, ret);
    struct libraries *libraries = arena_alloc(arena, sizeof *libraries);
    libraries_find(arena, path, facts, libraries);
    check_go(facts, libraries, ret);
    if (findings_blocker(ret))
        return;
    check_own_copies(facts, ret);
    check_libraries(libraries, ret);
    check_ways_past_us(facts, ret);
    char *real = realpath(path, NULL); /* python3 is a link to python3.11 */
    bool interprets = check_interpreter(arena, real ? real : path, ret);
    free(real);
    check_run_time(facts, interprets, libraries->imports, ret);
}

/* "#!/usr/bin/env -S python3 -u": what env would start. */
static const char *started_by_env(struct arena *arena, const char *rest)
{
    rest += strspn(rest, " \t");
    for (;;) {
        size_t len = strcspn(rest, " \t");
        bool is_command = len && rest[0] != '-' && !memchr(rest, '=', len);
        if (len == 0 || is_command)
            return len ? command_path(arena, arena_bytes(arena, (struct bytes){rest, len})) : NULL;
        rest += len + strspn(rest + len, " \t");
    }
}

/* NULL: not a script. Empty: its interpreter was not found. */
static const char *interpreter_of_script(struct arena *arena, const char *path)
{
    char line[SCRIPT_LINE_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE_MAX);
    if (fd >= 0)
        close(fd);
    if (n < 2 || line[0] != '#' || line[1] != '!')
        return NULL;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    size_t len = strcspn(start, " \t");
    const char *found = arena_bytes(arena, (struct bytes){start, len});
    const char *base = strrchr(found, '/');
    if (base && strcmp(base, "/env") == 0)
        found = started_by_env(arena, start + len);
    return found ? found : "";
}

static void examine_at_depth(struct arena *arena, const char *path, struct findings *ret, int depth)
{
    struct stat st;
    struct elf_facts facts;
    if (stat(path, &st) != 0) {
        findings_add(ret, FINDING_BLOCKER, "%s: %s", path, strerror(errno));
        return;
    }
    if (!S_ISREG(st.st_mode) || access(path, X_OK) != 0)
        findings_add(ret, FINDING_BLOCKER, "%s is not an executable file", path);
    else if (elf_facts_read(arena, path, &facts)) {
        check_privileges(path, &st, ret);
        examine_program(arena, path, &facts, ret);
    } else {
        const char *interpreter = interpreter_of_script(arena, path);
        if (!interpreter || !*interpreter || depth == SCRIPT_DEPTH_MAX) {
            findings_add(ret, FINDING_BLOCKER, "%s: %s", path,
                interpreter ? "its interpreter was not found" : "neither a program nor a script");
            return;
        }
        findings_add(ret, FINDING_SEEN, "script run by %s", interpreter);
        examine_at_depth(arena, interpreter, ret, depth + 1);
    }
}

void examine_file(struct arena *arena, const char *path, struct findings *ret)
{
    examine_at_depth(arena, path, ret, 0);
}
