/* The life of streams on recorded connections. */
#include "hooks.h"

#include <errno.h>

#include "fds.h"
#include "recorder.h"

/* Only glibc's FILE is known. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

bool streams_are_watched; /* the stubs look here */

bool streams_watched(void)
{
    return streams_are_watched;
}

void streams_watch(void)
{
    streams_are_watched = gnu_get_libc_version != NULL;
}

static FILE *opened(FILE *stream)
{
    int saved_errno = errno;
    if (stream && unlikely(fd_tracked(fileno(stream))))
        fd_replaced(fileno(stream));
    errno = saved_errno;
    return stream;
}

FILE *wrap_fopen(const char *restrict path, const char *restrict mode)
{
    return opened(real.fopen(path, mode));
}

FILE *wrap_fopen64(const char *restrict path, const char *restrict mode)
{
    return opened(real.fopen64(path, mode));
}

FILE *wrap_fdopen(int fd, const char *mode)
{
    FILE *stream = real.fdopen(fd, mode);
    if (stream && fd_recorded(fd))
        streams_watch();
    return stream;
}

int wrap_fclose(FILE *stream)
{
    if (recorder_active() && stream) {
        int saved_errno = errno;
        if (streams_are_watched)
            streams_send_held(stream);
        fd_forget(fileno(stream)); /* a stream in memory has none: EBADF */
        errno = saved_errno;
    }
    return real.fclose(stream);
}

void streams_ending(void)
{
    if (streams_are_watched)
        fd_each_output(streams_send_held);
}
