/* What /proc says of a process, which may call itself anything and run under any container: cgroup,
 * mountinfo, arguments and exe, separated by 0xff. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "command/hiding.h"
#include "container.h"
#include "program.h"
#include "require.h"

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
    const char *exe = arena_bytes(&arena, text);
    struct shown_arguments shown = arguments_without_secrets(&arena, exe, argv, NULL);
    for (size_t i = 0; i < shown.count; i++)
        require(shown.items[i]);
    struct program program = program_of(&arena, exe, argv);
    require(program.name && program.language);
    require(!program.runtime_name == !program.runtime_version);
    arena_free(&arena);
    return 0;
}
