#include "symbolize/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "symbolize/debugfile.h"

enum {
    FILES = 32, /* texts kept, the oldest makes room */
    FILE_BYTES_MAX = 2 << 20,
    LINE_BYTES_MAX = 400, /* shown of a line */
    KEPT_BYTES_MAX = 16 << 20,
};

struct text {
    char *path, *bytes; /* bytes NULL: cannot be read */
    size_t len;
};

struct source_cache {
    struct text files[FILES];
    size_t next;
    struct arena kept;
    size_t kept_bytes;
};

struct source_cache *source_cache_new(void)
{
    return xcalloc(1, sizeof(struct source_cache));
}

static void text_free(struct text *text)
{
    free(text->path);
    free(text->bytes);
    *text = (struct text){0};
}

void source_cache_free(struct source_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < FILES; i++)
        text_free(&cache->files[i]);
    arena_free(&cache->kept);
    free(cache);
}

static void read_text(struct text *text)
{
    struct stat st;
    int fd = file_open(text->path);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size <= FILE_BYTES_MAX) {
        size_t size = (size_t)st.st_size;
        text->bytes = xmalloc(size + 1);
        ssize_t n = read(fd, text->bytes, size);
        text->len = n > 0 ? (size_t)n : 0;
        text->bytes[text->len] = '\0';
    }
    close(fd);
}

static const struct text *text_of(struct source_cache *cache, const char *path)
{
    for (size_t i = 0; i < FILES; i++)
        if (cache->files[i].path && strcmp(cache->files[i].path, path) == 0)
            return &cache->files[i];
    struct text *text = &cache->files[cache->next++ % FILES];
    text_free(text);
    text->path = xstrdup(path);
    read_text(text);
    return text;
}

static const char *keep_line(struct source_cache *cache, const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len > LINE_BYTES_MAX)
        len = LINE_BYTES_MAX;
    cache->kept_bytes += len + sizeof(char *);
    return arena_bytes(&cache->kept, (struct bytes){line, len});
}

/* Lines first to last as they are in the text; how many there are. */
static size_t take_lines(struct source_cache *cache, const struct text *text, int first, int last,
    const char **ret_lines)
{
    const char *at = text->bytes, *end = at + text->len;
    size_t count = 0;
    for (int line = 1; at < end && line <= last; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        if (line >= first)
            ret_lines[count++] = keep_line(cache, at, len);
        at += len + 1;
    }
    return count;
}

void source_add(struct source_cache *cache, struct frame *frame, unsigned lines)
{
    if (!lines || frame->lineno <= 0 || !frame->abs_path || *frame->abs_path != '/' ||
        cache->kept_bytes > KEPT_BYTES_MAX)
        return;
    const struct text *text = text_of(cache, frame->abs_path);
    int before = (int)(lines - 1) / 2, after = (int)lines / 2;
    int first = frame->lineno > before ? frame->lineno - before : 1;
    size_t at = (size_t)(frame->lineno - first);
    const char **taken = arena_alloc(&cache->kept, lines * sizeof *taken);
    size_t count = text->bytes ? take_lines(cache, text, first, frame->lineno + after, taken) : 0;
    if (count <= at)
        return; /* the file is shorter than it was */
    frame->pre_context = taken;
    frame->pre_count = at;
    frame->context_line = taken[at];
    frame->post_context = taken + at + 1;
    frame->post_count = count - at - 1;
}
