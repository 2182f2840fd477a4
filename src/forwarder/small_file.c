#include "small_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "symbolize/debugfile.h"

const char *small_file_read(struct arena *arena, const char *path)
{
    int fd = file_open(path);
    if (fd < 0)
        return NULL;
    char *text = xmalloc(SMALL_FILE_MAX);
    ssize_t n = read(fd, text, SMALL_FILE_MAX);
    close(fd);
    const char *kept = n < 0 ? NULL : arena_bytes(arena, (struct bytes){text, (size_t)n});
    free(text);
    return kept;
}
