#include "io_uring.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOKED_AT_MAX = 512 }; /* rings are made early */

bool io_uring_used(pid_t pid)
{
    static const char ring[] = "anon_inode:[io_uring]";
    char path[64], target[sizeof ring] = "";
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool found = false;
    for (int i = 0; folder && !found && i < LOOKED_AT_MAX && (entry = readdir(folder)); i++) {
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof target);
        found = n == (ssize_t)sizeof ring - 1 && memcmp(target, ring, sizeof ring - 1) == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}
