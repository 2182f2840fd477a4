#include "destinations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own_file.h"
#include "command.h"
#include "export/spool.h"

enum { ROOM_WANTED = 4096 };

/* Whether there is room behind what is in it; its size stays what it is. */
static bool has_room(int fd)
{
    struct stat st;
    struct rlimit limit;
    if (fstat(fd, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode))
        return write(fd, "", 0) == 0; /* of devices, /dev/full refuses this */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && (uint64_t)limit.rlim_cur <= (uint64_t)st.st_size) {
        errno = EFBIG;
        return false;
    }
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, ROOM_WANTED) == 0 ||
           (errno != ENOSPC && errno != EDQUOT && errno != EFBIG && errno != EROFS);
}

/* 0, or why not. What was not there is not there afterwards. */
static int try_file(const char *path)
{
    int fd = own_file_open(path, O_EXCL);
    bool made = fd >= 0;
    if (!made && errno == EEXIST)
        fd = own_file_open(path, 0);
    if (fd < 0)
        return errno;
    int error = has_room(fd) ? 0 : errno;
    close(fd);
    if (made)
        unlink(path);
    return error;
}

static void try_destination(const char *path, const char *what)
{
    struct stat st;
    /* To open a FIFO and leave it again would end who reads it. */
    if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
        complain("warning: %s is a FIFO: no %s are kept while nobody reads it", path, what);
        return;
    }
    int error = try_file(path);
    if (error)
        complain("warning: no %s can be written to %s: %s", what, path, own_file_why(error));
}

static void try_spool(const char *path)
{
    struct stat st;
    const char *why;
    bool made = stat(path, &st) != 0;
    int folder = spool_folder(path, &why);
    if (folder < 0)
        complain("warning: there is no spool in %s: %s", path, why);
    else
        close(folder);
    if (made) /* the service may be another user's */
        rmdir(path);
}

void destinations_try(void)
{
    static const struct {
        const char *variable, *what;
    } files[] = {{"APMSHIM_OUTPUT", "events"}, {"APMSHIM_RECORD", "records"},
        {"APMSHIM_PRINT", "traces"}, {"ELASTIC_APM_LOG_FILE", "messages"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = getenv(files[i].variable);
        if (path && *path && strcmp(path, "-") != 0)
            try_destination(path, files[i].what);
    }
    const char *spool = getenv("APMSHIM_SPOOL");
    if (spool && *spool)
        try_spool(spool);
}
