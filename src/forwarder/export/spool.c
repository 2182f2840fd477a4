#include "export/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "log.h"

#define MAGIC UINT64_C(0x314c4f4f5053534d) /* "MSSPOOL1" */
#define WAITING ".body"
#define CLAIMED ".claimed"
#define UNFINISHED ".part"

enum { NAME_MAX_BYTES = 256, BODY_MAX = 64 << 20, CREATE_TRIES = 10 };

struct header {
    uint64_t magic, events, len;
    uint32_t crc, compressed;
};

struct spool {
    int folder;
    uint64_t bytes_max;
    unsigned written; /* makes names differ */
    FILE *file;       /* of the body taken last, locked; NULL: none */
    char name[NAME_MAX_BYTES], claimed[NAME_MAX_BYTES]; /* before it was taken, and since */
    bool failing;                                       /* to write, which was said */
};

/* ---- one file ---- */

static uint32_t crc_of(const struct buf *bytes)
{
    return (uint32_t)crc32(0, (const Bytef *)bytes->data, (uInt)bytes->len);
}

static bool read_header(FILE *file, struct header *ret)
{
    return fread(ret, sizeof *ret, 1, file) == 1 && ret->magic == MAGIC;
}

struct body *spool_read(FILE *file)
{
    struct header header;
    struct stat st;
    bool sound = fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) &&
                 read_header(file, &header) && header.len <= BODY_MAX &&
                 (uint64_t)st.st_size == sizeof header + header.len;
    if (!sound)
        return NULL;
    struct body *body = xcalloc(1, sizeof *body);
    body->events = header.events;
    body->compressed = header.compressed;
    buf_reserve(&body->bytes, header.len);
    body->bytes.len = header.len;
    body->bytes.data[header.len] = '\0';
    if (fread(body->bytes.data, 1, header.len, file) == header.len &&
        crc_of(&body->bytes) == header.crc)
        return body;
    body_free(body);
    return NULL;
}

static bool write_body(FILE *file, const struct body *body)
{
    const struct header header = {.magic = MAGIC,
        .events = body->events,
        .len = body->bytes.len,
        .crc = crc_of(&body->bytes),
        .compressed = body->compressed};
    return fwrite(&header, sizeof header, 1, file) == 1 &&
           fwrite(body->bytes.data, 1, body->bytes.len, file) == body->bytes.len &&
           fflush(file) == 0;
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

static bool same_file(const struct spool *s, const char *name, FILE *file)
{
    struct stat named, opened;
    return fstatat(s->folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fileno(file), &opened) == 0 && named.st_ino == opened.st_ino &&
           named.st_dev == opened.st_dev;
}

/* Whoever has the lock may do with a file what it wants; the kernel lets go of it when a forwarder
 * dies, in whatever container it ran. NULL: somebody has it, or it is gone, or no file. */
static FILE *open_locked(const struct spool *s, const char *name)
{
    /* Locks on network file systems want it writable. */
    int fd = openat(s->folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
    bool locked = file && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (locked && same_file(s, name, file))
        return file;
    if (file && !locked && errno != EWOULDBLOCK)
        log_warning("spool: %s cannot be locked, and stays: %s", name, strerror(errno));
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    return NULL;
}

/* The oldest that waits and comes after *name in the order of age, which is that of names: they
 * begin with a time of fixed width. Returns what all that wait take. */
static uint64_t find_next(const struct spool *s, char name[NAME_MAX_BYTES])
{
    char found[NAME_MAX_BYTES] = "";
    uint64_t bytes = 0;
    DIR *dir = open_folder(s);
    struct dirent *entry;
    struct stat st;
    while (dir && (entry = readdir(dir))) {
        if (!ends_with(entry->d_name, WAITING) ||
            fstatat(s->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        bytes += (uint64_t)st.st_size;
        if (strcmp(entry->d_name, name) > 0 && (!*found || strcmp(entry->d_name, found) < 0))
            snprintf(found, NAME_MAX_BYTES, "%s", entry->d_name);
    }
    if (dir)
        closedir(dir);
    memcpy(name, found, NAME_MAX_BYTES);
    return bytes;
}

/* Throws away a locked file, and returns the events in it. */
static uint64_t drop(const struct spool *s, const char *name, FILE *file)
{
    struct header header;
    rewind(file);
    uint64_t events = read_header(file, &header) ? header.events : 0;
    if (unlinkat(s->folder, name, 0) != 0) {
        log_error("spool: %s: %s", name, strerror(errno));
        events = 0; /* they are still there */
    }
    fclose(file);
    return events;
}

static bool make_room(struct spool *s, uint64_t wanted, uint64_t *lost)
{
    char name[NAME_MAX_BYTES] = "";
    while (find_next(s, name) + wanted > s->bytes_max) {
        if (!*name)
            return false;
        FILE *file = open_locked(s, name);
        if (file)
            *lost += drop(s, name, file);
    }
    return true;
}

/* A new file that is nobody else's: one that looks for what dead forwarders left may have locked it
 * between its creation and ours. */
static FILE *create_part(struct spool *s, const char *part)
{
    int fd = openat(s->folder, part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w+e") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    bool refused = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!refused && same_file(s, part, file))
        return file;
    fclose(file);
    errno = EAGAIN;
    return NULL;
}

static void new_name(struct spool *s, char name[NAME_MAX_BYTES])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, NAME_MAX_BYTES, "%012lld%09ld-%d-%u" WAITING, (long long)now.tv_sec, now.tv_nsec,
        (int)getpid(), s->written++);
}

static bool write_file(struct spool *s, const struct body *body)
{
    char name[NAME_MAX_BYTES], part[NAME_MAX_BYTES + sizeof UNFINISHED];
    FILE *file = NULL;
    for (int tries = 0; !file && tries < CREATE_TRIES; tries++) {
        new_name(s, name);
        snprintf(part, sizeof part, "%s" UNFINISHED, name);
        file = create_part(s, part);
        if (!file && errno != EAGAIN && errno != EEXIST)
            return false;
    }
    if (!file)
        return false;
    bool written = write_body(file, body) && renameat(s->folder, part, s->folder, name) == 0;
    int error = errno;
    if (!written)
        (void)unlinkat(s->folder, part, 0);
    fclose(file); /* flushed before */
    errno = error;
    return written;
}

bool spool_put(struct spool *s, const struct body *body, uint64_t *lost)
{
    uint64_t size = sizeof(struct header) + body->bytes.len;
    if (size > s->bytes_max || !make_room(s, size, lost))
        return false;
    if (write_file(s, body)) {
        s->failing = false;
        return true;
    }
    if (!s->failing) /* once, not for each body; what is lost is counted */
        log_error("spool: %s", strerror(errno));
    s->failing = true;
    return false;
}

/* ---- taking ---- */

static bool claim(struct spool *s, const char *name)
{
    s->file = open_locked(s, name);
    if (!s->file)
        return false;
    memcpy(s->name, name, NAME_MAX_BYTES);
    snprintf(
        s->claimed, sizeof s->claimed, "%.*s" CLAIMED, (int)(strlen(name) - strlen(WAITING)), name);
    if (renameat(s->folder, name, s->folder, s->claimed) == 0)
        return true;
    log_error("spool: %s: %s", name, strerror(errno));
    fclose(s->file);
    s->file = NULL;
    return false;
}

struct body *spool_take(struct spool *s, uint64_t *lost)
{
    char name[NAME_MAX_BYTES] = "";
    while (find_next(s, name), *name) {
        if (!claim(s, name))
            continue; /* another forwarder was first */
        struct body *body = spool_read(s->file);
        if (body)
            return body;
        log_warning("spool: %s is not a body, and is removed", name);
        *lost += drop(s, s->claimed, s->file);
        s->file = NULL;
    }
    return NULL;
}

/* Under its old name, or a new one if something else has that: never in place of another. What can
 * be given no name stays as it is. */
static bool hand_back(struct spool *s)
{
    for (int tries = 0; tries < CREATE_TRIES; tries++) {
        if (linkat(s->folder, s->claimed, s->folder, s->name, 0) == 0) {
            (void)unlinkat(s->folder, s->claimed, 0);
            return true;
        }
        if (errno != EEXIST)
            break;
        new_name(s, s->name);
    }
    return renameat(s->folder, s->claimed, s->folder, s->name) == 0; /* without links */
}

void spool_done(struct spool *s, bool keep)
{
    if (!keep) {
        (void)drop(s, s->claimed, s->file);
    } else {
        if (!hand_back(s))
            log_error("spool: %s was not delivered and cannot be handed back, it stays: %s",
                s->claimed, strerror(errno));
        fclose(s->file);
    }
    s->file = NULL;
}

/* Whether a server took what a forwarder had claimed when it died, nobody knows. */
static void forget_dead(struct spool *s)
{
    DIR *dir = open_folder(s);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *name = entry->d_name;
        FILE *file = strstr(name, CLAIMED) || ends_with(name, WAITING UNFINISHED)
                         ? open_locked(s, name)
                         : NULL;
        if (file)
            log_warning("%" PRIu64 " events lost: a forwarder died with them in the spool",
                drop(s, name, file));
    }
    if (dir)
        closedir(dir);
}

int spool_folder(const char *path, const char **ret_why)
{
    struct stat st;
    (void)mkdir(path, 0700);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        *ret_why = strerror(errno);
        return -1;
    }
    if (fstat(folder, &st) != 0 || st.st_uid != geteuid() || st.st_mode & 0022)
        *ret_why = "not a folder that only this user writes to";
    else if (faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) != 0)
        *ret_why = strerror(errno);
    else
        return folder;
    close(folder);
    return -1;
}

struct spool *spool_open(const struct options *options)
{
    const char *why;
    if (!options->spool || !*options->spool)
        return NULL;
    int folder = spool_folder(options->spool, &why);
    if (folder < 0) {
        log_error("spool: %s: %s", options->spool, why);
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
    if (s->file)
        fclose(s->file);
    close(s->folder);
    free(s);
}
