/* What /proc says of a process, which may call itself anything and run under any container: cgroup,
 * mountinfo, arguments and exe, separated by 0xff. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "container.h"
#include "program.h"
#include "command/redact.h"
#include "require.h"

enum { ARGUMENTS_MAX = 64 };

static char folder[] = "/dev/shm/apmshim-fuzz-XXXXXX";

static void remove_folder(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/cgroup", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/mountinfo", folder);
    unlink(path);
    rmdir(folder);
}

static void write_file(const char *name, struct bytes content)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0 && write(fd, content.data, content.len) == (ssize_t)content.len);
    close(fd);
}

static struct bytes next_part(struct bytes *text)
{
    const char *end = text->len ? memchr(text->data, 0xff, text->len) : NULL;
    struct bytes part = {text->data, end ? (size_t)(end - text->data) : text->len};
    *text = bytes_skip(*text, part.len + (end != NULL));
    return part;
}

/* Whatever comes before, a password that says so is not told. */
static void check_arguments(struct arena *arena, const char *exe, struct bytes argv)
{
    static const char last[] = "--password=S3CRET";
    const char *out[ARGUMENTS_MAX + 1];
    char *block = arena_alloc(arena, argv.len + sizeof last + 1);
    size_t len = argv.len;
    if (len)
        memcpy(block, argv.data, len);
    if (len && block[len - 1])
        block[len++] = '\0';
    memcpy(block + len, last, sizeof last);
    size_t count = redact_arguments(
        arena, exe, (struct bytes){block, len + sizeof last}, out, ARGUMENTS_MAX + 1);
    for (size_t i = 0; i < count; i++)
        require(out[i]);
    require(count > 0);
    if (count > 1 && count <= ARGUMENTS_MAX)
        require(!strstr(out[count - 1], "S3CRET"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    if (!made) {
        made = mkdtemp(folder) != NULL;
        require(made && atexit(remove_folder) == 0);
    }
    struct arena arena = {0};
    struct bytes text = {(const char *)data, size};
    write_file("cgroup", next_part(&text));
    write_file("mountinfo", next_part(&text));
    struct container container = container_of(&arena, folder);
    require(!container.pod_uid || container.id);
    require(!container.id || *container.id);
    struct bytes argv = next_part(&text);
    struct program program = program_of(&arena, arena_bytes(&arena, text), argv);
    require(program.name && program.language);
    require(!program.runtime_name == !program.runtime_version);
    check_arguments(&arena, arena_bytes(&arena, text), argv);
    arena_free(&arena);
    return 0;
}
