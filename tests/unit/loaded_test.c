/* The list of loaded objects as the recorder reads it, against dl_iterate_phdr; with glibc's help
 * and, as before glibc 2.35, without. */
#include "check.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* libelf has one of this name. */
#define elf_next shim_elf_next
#include "shim/elf.c"
#include "shim/loaded.c"
#include "shim/unloading.c"

uint64_t recorder_now(void)
{
    return 0;
}

static unsigned objects;

/* What dl_iterate_phdr tells of one object must be what is found at an address of it. */
static int compare_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct elf_object object;
    uintptr_t start = UINTPTR_MAX, end = 0, dynamic = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_DYNAMIC)
            dynamic = at;
        if (p->p_type == PT_LOAD && at < start)
            start = at;
        if (p->p_type == PT_LOAD && at + p->p_memsz > end)
            end = at + p->p_memsz;
    }
    unsigned count = 0;
    CHECK(elf_object_of((const void *)dynamic, &object));
    CHECK(object.bias == info->dlpi_addr && (uintptr_t)object.dynamic == dynamic);
    CHECK(object.start == start && object.end >= end && object.end < end + PAGE);
    CHECK(strcmp(object.path, info->dlpi_name) == 0);
    CHECK(elf_headers(&object, &count) == info->dlpi_phdr && count == info->dlpi_phnum);
    objects++;
    (void)size;
    (void)data;
    return 0;
}

static bool count_object(const struct elf_object *object, void *data)
{
    unsigned *count = data;
    ++*count;
    return object->start >= object->end;
}

static void test_list(void)
{
    unsigned visited = 0;
    objects = 0;
    dl_iterate_phdr(compare_object, NULL);
    CHECK(!elf_each(count_object, &visited));
    CHECK(objects > 3 && visited == objects);
    CHECK(elf_mark() == elf_mark());
}

static void test_search(void)
{
    struct elf_object own, found;
    CHECK(elf_object_of((const void *)(uintptr_t)test_search, &own) && elf_is_self(&own));
    CHECK(elf_in_scope(&own, "gnu_get_libc_version", &found) ==
          dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
    CHECK(strstr(found.soname, "libc.so"));
    CHECK(!elf_in_scope(&own, "no such name", &found));
    CHECK(elf_any("dl_iterate_phdr", NULL) == (void *)(uintptr_t)dl_iterate_phdr);
    CHECK(!elf_object_of(&own, &found));
    CHECK(!elf_object_of(NULL, &found));
}

/* The loader's list is as long as before, and what is asked for is found by its other name. */
static void test_loading(void)
{
    uint64_t before = elf_mark();
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) /* not needed to build */
        return;
    struct elf_object object, found;
    void *exec = dlsym(library, "PQexec");
    CHECK(elf_mark() != before);
    test_list();
    CHECK(elf_object_of(exec, &object) && elf_object_symbol(&object, "PQexec") == exec);
    CHECK(elf_in_scope(&object, "SSL_read", &found) && strstr(found.soname, "ssl"));
    dlclose(library);
    CHECK(!elf_object_of(exec, &object));
    test_list();
}

int main(void)
{
    for (int with_finder = 1; with_finder >= 0; with_finder--) {
        known_finder = !with_finder;
        CHECK(!with_finder || !object_finder() == (dlsym(RTLD_DEFAULT, "_dl_find_object") == NULL));
        test_list();
        test_search();
        test_loading();
    }
    return check_result();
}
