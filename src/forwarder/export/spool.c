#include "export/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "log.h"

#define MAGIC UINT64_C(0x314c4f4f5053534d) /* "MSSPOOL1" */
#define WAITING ".body"
#define CLAIMED ".claimed-"
#define UNFINISHED ".part"

enum { NAME_MAX_BYTES = 256, BODY_MAX = 64 << 20 };

struct header {
    uint64_t magic, events, len;
    uint32_t crc, compressed;
};

struct spool {
    int folder;
    uint64_t bytes_max;
    unsigned written;             /* makes names differ */
    char claimed[NAME_MAX_BYTES]; /* file of the body taken last; empty: none */
};

/* ---- one file ---- */

static uint32_t crc_of(const struct buf *bytes)
{
    return (uint32_t)crc32(0, (const Bytef *)bytes->data, (uInt)bytes->len);
}

static bool read_whole(int fd, void *out, size_t len)
{
    char *at = out;
    while (len) {
        ssize_t n = read(fd, at, len);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_whole(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

struct body *spool_read(int fd)
{
    struct header header;
    struct stat st;
    bool sound = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                 read_whole(fd, &header, sizeof header) && header.magic == MAGIC &&
                 header.len <= BODY_MAX && (uint64_t)st.st_size == sizeof header + header.len;
    if (!sound)
        return NULL;
    struct body *body = xcalloc(1, sizeof *body);
    body->events = header.events;
    body->compressed = header.compressed;
    buf_reserve(&body->bytes, header.len);
    body->bytes.len = header.len;
    body->bytes.data[header.len] = '\0';
    if (read_whole(fd, body->bytes.data, header.len) && crc_of(&body->bytes) == header.crc)
        return body;
    body_free(body);
    return NULL;
}

static bool write_body(int fd, const struct body *body)
{
    const struct header header = {.magic = MAGIC,
        .events = body->events,
        .len = body->bytes.len,
        .crc = crc_of(&body->bytes),
        .compressed = body->compressed};
    return write_whole(fd, &header, sizeof header) &&
           write_whole(fd, body->bytes.data, body->bytes.len);
}

/* ---- the folder ---- */

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && len < NAME_MAX_BYTES / 2 && strcmp(name + len - end_len, end) == 0;
}

static DIR *open_folder(const struct spool *s)
{
    int fd = openat(s->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

/* Returns what all that wait take. Names begin with a time of fixed width: their order is that of
 * age. */
static uint64_t find_oldest(const struct spool *s, char ret_name[NAME_MAX_BYTES])
{
    uint64_t bytes = 0;
    DIR *dir = open_folder(s);
    struct dirent *entry;
    struct stat st;
    *ret_name = '\0';
    while (dir && (entry = readdir(dir))) {
        if (!ends_with(entry->d_name, WAITING) ||
            fstatat(s->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        bytes += (uint64_t)st.st_size;
        if (!*ret_name || strcmp(entry->d_name, ret_name) < 0)
            snprintf(ret_name, NAME_MAX_BYTES, "%s", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return bytes;
}

/* Of a file that is being thrown away. */
static uint64_t events_in(struct spool *s, const char *name)
{
    struct header header = {0};
    int fd = openat(s->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool sound = fd >= 0 && read_whole(fd, &header, sizeof header) && header.magic == MAGIC;
    if (fd >= 0)
        close(fd);
    return sound ? header.events : 0;
}

static void make_room(struct spool *s, uint64_t wanted, uint64_t *lost)
{
    char name[NAME_MAX_BYTES];
    while (find_oldest(s, name) + wanted > s->bytes_max && *name) {
        uint64_t events = events_in(s, name);
        if (unlinkat(s->folder, name, 0) != 0) /* another forwarder was first, or it cannot be */
            break;
        *lost += events;
    }
}

bool spool_put(struct spool *s, const struct body *body, uint64_t *lost)
{
    char name[NAME_MAX_BYTES], part[NAME_MAX_BYTES + sizeof UNFINISHED];
    struct timespec now;
    uint64_t size = sizeof(struct header) + body->bytes.len;
    if (size > s->bytes_max)
        return false;
    make_room(s, size, lost);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof name, "%012lld%09ld-%d-%u" WAITING, (long long)now.tv_sec, now.tv_nsec,
        (int)getpid(), s->written++);
    snprintf(part, sizeof part, "%s" UNFINISHED, name);
    int fd = openat(s->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write_body(fd, body);
    if (fd >= 0)
        close(fd);
    if (written && renameat(s->folder, part, s->folder, name) == 0)
        return true;
    log_error("spool: %s", strerror(errno));
    if (fd >= 0)
        (void)unlinkat(s->folder, part, 0);
    return false;
}

/* ---- taking ---- */

static bool claim(struct spool *s, const char *name)
{
    snprintf(s->claimed, sizeof s->claimed, "%.*s" CLAIMED "%d",
        (int)(strlen(name) - strlen(WAITING)), name, (int)getpid());
    if (renameat(s->folder, name, s->folder, s->claimed) == 0)
        return true;
    *s->claimed = '\0';
    return false;
}

struct body *spool_take(struct spool *s)
{
    char name[NAME_MAX_BYTES];
    struct body *body = NULL;
    while (!body && (find_oldest(s, name), *name)) {
        if (!claim(s, name)) {
            if (errno == ENOENT) /* another forwarder was first */
                continue;
            return NULL;
        }
        int fd = openat(s->folder, s->claimed, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        body = fd >= 0 ? spool_read(fd) : NULL;
        if (fd >= 0)
            close(fd);
        if (!body) {
            log_warning("spool: %s is not a body, and is removed", name);
            spool_done(s, false);
        }
    }
    return body;
}

void spool_done(struct spool *s, bool keep)
{
    char name[NAME_MAX_BYTES];
    const char *end = strstr(s->claimed, CLAIMED);
    snprintf(name, sizeof name, "%.*s" WAITING, end ? (int)(end - s->claimed) : 0, s->claimed);
    if (!keep || renameat(s->folder, s->claimed, s->folder, name) != 0)
        (void)unlinkat(s->folder, s->claimed, 0);
    *s->claimed = '\0';
}

/* The process that claims or writes a file; 0: none does. */
static int owner_of(const char *name)
{
    const char *mark = strstr(name, CLAIMED), *dash = strchr(name, '-');
    if (mark)
        return atoi(mark + strlen(CLAIMED));
    return dash && ends_with(name, WAITING UNFINISHED) ? atoi(dash + 1) : 0;
}

/* Whether a server took what a forwarder had claimed when it died, nobody knows. */
static void forget_dead(struct spool *s)
{
    DIR *dir = open_folder(s);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        int pid = owner_of(entry->d_name);
        if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
            continue;
        log_warning("%" PRIu64 " events lost: a forwarder died with them in the spool",
            events_in(s, entry->d_name));
        (void)unlinkat(s->folder, entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

struct spool *spool_open(const struct options *options)
{
    if (!options->spool || !*options->spool)
        return NULL;
    struct stat st;
    (void)mkdir(options->spool, 0700);
    int folder = open(options->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &st) != 0 || st.st_uid != geteuid() || st.st_mode & 0022) {
        log_error("spool: %s: %s", options->spool,
            folder < 0 ? strerror(errno) : "not a folder that only this user writes to");
        if (folder >= 0)
            close(folder);
        return NULL;
    }
    struct spool *s = xcalloc(1, sizeof *s);
    s->folder = folder;
    s->bytes_max = (uint64_t)options->spool_size;
    forget_dead(s);
    return s;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    close(s->folder);
    free(s);
}
