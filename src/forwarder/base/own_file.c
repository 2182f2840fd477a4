#include "base/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path's folder; its last component is *ret_name. */
static int open_folder(const char *path, const char **ret_name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    *ret_name = slash ? slash + 1 : path;
    if (len >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(folder, sizeof folder, "%.*s", len ? (int)len : 1, len ? path : ".");
    return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* What another user has put there, to read it or to have something else written. */
static bool planted(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return true;
    return S_ISREG(st.st_mode) && ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_nlink > 1);
}

int own_file_open(const char *path, int flags)
{
    const char *name;
    struct stat st;
    int folder = open_folder(path, &name);
    if (folder < 0)
        return -1;
    bool known = fstat(folder, &st) == 0;
    bool shared = !known || st.st_mode & 0022;
    bool ours = !shared && (st.st_uid == geteuid() || st.st_uid == 0);
    int how = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (ours ? 0 : O_NOFOLLOW);
    int fd = openat(folder, name, how | (flags & ~O_TRUNC), 0600);
    int error = errno;
    close(folder);
    if (fd >= 0 && shared && planted(fd)) {
        close(fd);
        fd = -1;
        error = EPERM;
    }
    if (fd >= 0 && flags & O_TRUNC && ftruncate(fd, 0) != 0 && errno != EINVAL) { /* no file */
        error = errno;
        close(fd);
        fd = -1;
    }
    errno = error;
    return fd;
}

void own_file_block(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

const char *own_file_why(int error)
{
    return error == ENXIO ? "nobody reads this FIFO" : strerror(error);
}
