#include "examine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "io_uring.h"
#include "proc.h"

/* What its memory map shows. Paths are NULL where it is not mapped. */
struct mapped {
    const char *recorder, *second, *libpq, *tls, *jvm, *socket_wrapper;
    unsigned long ring_inode; /* 0: no ring */
};

static const char ring_name[] = "/memfd:apmshim-ring";

static bool names_library(const char *path, const char *beginning)
{
    const char *base = strrchr(path, '/');
    return base && strncmp(base + 1, beginning, strlen(beginning)) == 0;
}

/* "start-end perms offset device inode path" */
static void read_mapping(struct arena *arena, char *line, struct mapped *ret)
{
    char *path = strchr(line, '/');
    if (!path)
        return;
    if (strncmp(path, ring_name, sizeof ring_name - 1) == 0) {
        char *field = line;
        for (int i = 0; i < 4 && field; i++)
            field = (field = strchr(field, ' ')) ? field + 1 : NULL;
        ret->ring_inode = field ? strtoul(field, NULL, 10) : 0;
        return;
    }
    bool again = ret->recorder && strcmp(path, ret->recorder) != 0;
    const char **which = names_library(path, "libapmshim") ? again ? &ret->second : &ret->recorder
                         : names_library(path, "libsocket_wrapper") ? &ret->socket_wrapper
                         : names_library(path, "libpq")             ? &ret->libpq
                         : names_library(path, "libjvm.so")         ? &ret->jvm
                         : names_library(path, "libssl.so") || names_library(path, "libgnutls.so")
                             ? &ret->tls
                             : NULL;
    if (which && !*which)
        *which = arena_string(arena, path);
}

static bool read_maps(struct arena *arena, pid_t pid, struct mapped *ret)
{
    struct bytes maps = proc_read(arena, pid, "maps");
    *ret = (struct mapped){0};
    if (!maps.data)
        return false;
    char *text = arena_bytes(arena, maps), *rest = text, *line;
    while ((line = strsep(&rest, "\n")))
        read_mapping(arena, line, ret);
    return true;
}

struct forwarder_search {
    unsigned long inode;
};

static bool is_forwarder(void *self, pid_t pid)
{
    struct forwarder_search *search = self;
    struct arena scratch = {0};
    struct mapped mapped;
    const char *exe = proc_link(&scratch, pid, "exe");
    bool is_it = exe && names_library(exe, "apmshim-forwarder") &&
                 read_maps(&scratch, pid, &mapped) && mapped.ring_inode == search->inode;
    arena_free(&scratch);
    return is_it;
}

static void look_at_surroundings(
    struct arena *arena, pid_t pid, const struct mapped *mapped, struct findings *ret)
{
    struct bytes status = proc_read(arena, pid, "status");
    const char *seccomp = status.data ? strstr(status.data, "\nSeccomp:\t") : NULL;
    if (mapped->libpq)
        findings_add(ret, FINDING_SEEN, "libpq: its SQL statements (%s)", mapped->libpq);
    if (mapped->libpq && strstr(mapped->libpq, " (deleted)"))
        findings_add(ret, FINDING_LIMIT, "libpq was replaced on disk since the process started");
    if (mapped->tls)
        findings_add(ret, FINDING_SEEN, "TLS: what it serves through %s", mapped->tls);
    if (mapped->second)
        findings_add(ret, FINDING_LIMIT,
            "two copies are loaded, the other is %s: the first in load order records",
            mapped->second);
    if (mapped->socket_wrapper)
        findings_add(ret, FINDING_LIMIT,
            "socket_wrapper is loaded (%s): where it stands before libapmshim.so in LD_PRELOAD, "
            "sockets are not seen",
            mapped->socket_wrapper);
    examine_own_copies(arena, arena_printf(arena, "/proc/%d/exe", (int)pid), ret);
    if (mapped->jvm)
        findings_add(ret, FINDING_LIMIT,
            "Java's own TLS can't be read: connections to PostgreSQL are with sslmode=disable (to "
            "this machine, or to a pooler on it), HTTPS is behind a proxy");
    if (io_uring_used(pid))
        findings_add(ret, FINDING_LIMIT, "io_uring: what passes through it is not seen");
    if (seccomp && seccomp[strlen("\nSeccomp:\t")] != '0' && !mapped->ring_inode)
        findings_add(
            ret, FINDING_LIMIT, "a seccomp filter is in force: the forwarder may be refused");
}

static enum process_state judge_loaded(
    const char *switched_off, const struct mapped *mapped, struct findings *ret)
{
    findings_add(ret, FINDING_SEEN, "the recorder is loaded (%s)", mapped->recorder);
    if (!mapped->ring_inode && switched_off) {
        findings_add(ret, FINDING_BLOCKER, "it was started with %s", switched_off);
        return PROCESS_NOT_TRACED;
    }
    if (!mapped->ring_inode) {
        findings_add(ret, FINDING_LIMIT,
            "nothing is recorded: it has neither listened nor opened a database connection, or "
            "no forwarder could be started");
        return PROCESS_WAITING;
    }
    struct forwarder_search search = {mapped->ring_inode};
    pid_t forwarder = proc_find(is_forwarder, &search);
    if (!forwarder) {
        findings_add(ret, FINDING_BLOCKER, "it records, but its forwarder has ended");
        return PROCESS_NOT_TRACED;
    }
    findings_add(ret, FINDING_SEEN, "it records; process %d forwards", (int)forwarder);
    return PROCESS_TRACED;
}

/* A restart may help, or not. */
static enum process_state judge_not_loaded(
    struct arena *arena, pid_t pid, bool preloaded, struct findings *ret)
{
    struct findings program = {0};
    examine_file(arena, arena_printf(arena, "/proc/%d/exe", (int)pid), &program);
    const char *blocker = findings_blocker(&program);
    if (blocker)
        findings_add(ret, FINDING_BLOCKER, "%s", blocker);
    else if (preloaded)
        findings_add(ret, FINDING_BLOCKER,
            "libapmshim.so is in its LD_PRELOAD, but the loader did not load it");
    else
        findings_add(ret, FINDING_BLOCKER,
            "it was started without libapmshim.so: restart it by `apmshim run`");
    findings_free(&program);
    return PROCESS_NOT_TRACED;
}

/* What of its variables keeps the recorder out, or NULL. */
static const char *switched_off(struct arena *arena, struct bytes environment)
{
    static const struct {
        const char *name, *value;
    } switches[] = {{"APMSHIM_DISABLE", "1"}, {"APMSHIM_DISABLE", "true"},
        {"ELASTIC_APM_ENABLED", "false"}, {"ELASTIC_APM_RECORDING", "false"}};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        const char *value = proc_variable(environment, switches[i].name);
        if (value && strcmp(value, switches[i].value) == 0)
            return arena_printf(arena, "%s=%s", switches[i].name, value);
    }
    return NULL;
}

enum process_state examine_process(struct arena *arena, pid_t pid, struct findings *ret)
{
    struct mapped mapped;
    const char *exe = proc_link(arena, pid, "exe");
    if (!exe || !read_maps(arena, pid, &mapped)) {
        findings_add(ret, FINDING_BLOCKER, "%s",
            kill(pid, 0) != 0 && errno == ESRCH ? "there is no such process"
                                                : "it is a kernel thread or may not be looked at");
        return PROCESS_NOT_TRACED;
    }
    struct bytes environment = proc_read(arena, pid, "environ");
    const char *preload = proc_variable(environment, "LD_PRELOAD");
    const char *off = switched_off(arena, environment);
    findings_add(ret, FINDING_SEEN, "runs %s", exe);
    enum process_state state =
        mapped.recorder ? judge_loaded(off, &mapped, ret)
                        : judge_not_loaded(arena, pid, preload && strstr(preload, "apmshim"), ret);
    look_at_surroundings(arena, pid, &mapped, ret);
    return state;
}
