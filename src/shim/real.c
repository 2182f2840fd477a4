/* The real functions of libc: found once, before the first call that needs them. */
#include "hooks.h"

#include <errno.h>

#include "elf.h"
#include "fds.h"
#include "interpose.h"
#include "rebind.h"
#include "recorder.h"

struct real real;

/* A function this C library does not have behaves as on a kernel that lacks it. */
static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

static bool resolved;

bool real_resolved(void)
{
    return resolved;
}

/* Whether what relocation fills in is there. */
static bool is_relocated(void)
{
    static int (*const volatile probe)(int (*)(struct dl_phdr_info *, size_t, void *), void *) =
        dl_iterate_phdr;
    return probe != NULL;
}

/* Not strncmp: a sanitizer's own may not work yet. */
static bool begins_with(const char *text, const char *beginning)
{
    while (*beginning && *text == *beginning) {
        text++;
        beginning++;
    }
    return !*beginning;
}

static const char *base_of(const char *path)
{
    const char *base = path;
    for (const char *c = path; *c; c++)
        if (*c == '/')
            base = c + 1;
    return base;
}

static const char *name_of(const struct elf_object *object)
{
    return base_of(object->soname ? object->soname : object->path);
}

static bool is_c_library(const struct elf_object *object)
{
    static const char *const names[] = {"libc.so", "libc.musl", "ld-linux", "ld-musl",
        "libpthread.so", "libdl.so", "librt.so", "libanl.so", "libutil.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (begins_with(name_of(object), names[i]))
            return true;
    return false;
}

bool stands_for_libc(const struct elf_object *object)
{
    return is_c_library(object) || elf_object_symbol(object, "__sanitizer_set_report_path") != NULL;
}

struct search {
    struct elf_object program;
    bool passed_self;
    bool passed_preloads;
};

static bool is_needed_by(const struct elf_object *program, const struct elf_object *object)
{
    const char *name = name_of(object);
    for (const ElfW(Dyn) *d = program->dynamic; d && d->d_tag != DT_NULL; d++) {
        const char *needed = d->d_tag == DT_NEEDED ? program->strings + d->d_un.d_val : "";
        if (*needed && begins_with(base_of(needed), name) && begins_with(name, base_of(needed)))
            return true;
    }
    return false;
}

/* Preloads are there to stand before the C library, with its types. They come first, before what
 * the program needs. Where any other library has the name, it is its own function. */
static bool has_libc_types(struct search *search, const struct elf_object *object)
{
    if (stands_for_libc(object))
        return true;
    search->passed_preloads |= is_needed_by(&search->program, object);
    return !search->passed_preloads;
}

static bool resolve_in(const struct elf_object *object, void *data)
{
    struct search *search = data;
    bool is_own = elf_is_self(object);
    if (!search->program.path && !*object->path)
        search->program = *object;
    if (is_own || !search->passed_self) {
        search->passed_self |= is_own;
        return false;
    }
    bool fits = has_libc_types(search, object);
    for (size_t i = 0; i < interposed_count; i++) {
        const struct interposed *row = &interposed_names[i];
        bool is_known = interpose_pass[i] && (!row->real || *row->real);
        void *found = is_known ? NULL : elf_object_symbol(object, row->name);
        if (!found)
            continue;
        if (fits && row->real && !*row->real)
            *row->real = found;
        if (interpose_pass[i])
            continue;
        interpose_hooks[i] = fits ? row->hook : found;
        interpose_pass[i] = found;
    }
    return false;
}

void real_resolve(void)
{
    struct search search = {0};
    if (!resolved)
        rebind_own();
    elf_each(resolve_in, &search);
    for (size_t i = 0; i < interposed_count; i++) {
        const struct interposed *row = &interposed_names[i];
        if (row->real && !*row->real)
            *row->real = (void *)missing;
        if (!interpose_hooks[i])
            interpose_hooks[i] = row->hook;
        if (!interpose_pass[i])
            interpose_pass[i] = (void *)missing;
    }
    interpose_limit = FDS_MAX;
    resolved = true;
}

/* Constructors of other objects may call us before ours has run. */
bool interpose_prepare(void)
{
    if (!is_relocated())
        return false;
    real_resolve();
    return true;
}

/* Only glibc calls constructors with arguments; another C library leaves the parameters undefined.
 */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

static __attribute__((constructor(101))) void begin(int argc, char **argv)
{
    bool given = gnu_get_libc_version != NULL;
    real_resolve();
    recorder_init(given ? argc : 0, given ? argv : NULL, environ);
    recorder_look_around();
    if (recorder_allowed())
        look_at_input();
}
