/* Calls into built objects that call back, and compares the frames with what their source says. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "fixtures/stack.h"

static void check_frame(size_t at, const char *function, const struct fixture *fixture, int mark)
{
    const struct frame *frame = &frames[at];
    CHECK_STR(frame->function, function);
    CHECK(frame->lineno == fixture->line((enum fixture_mark)mark));
    CHECK(frame->abs_path && strncmp(frame->abs_path, FIXTURE_SOURCE_DIR "/fixture", 8) == 0);
    CHECK(strncmp(frame->filename, "fixtures/fixture", 16) == 0);
    CHECK_STR(frame->module, strrchr(fixture->path, '/') + 1);
    CHECK(!frame->library_frame);
}

static void test_with_debug_information(const char *name)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load(name);
    resolve_loaded(symbolizer);
    size_t at = find_frame("inlined_inner");
    check_frame(at, "inlined_inner", &fixture, MARK_INNER);
    check_frame(at + 1, "inlined_middle", &fixture, MARK_MIDDLE);
    check_frame(at + 2, "static_function", &fixture, MARK_STATIC);
    check_frame(at + 3, "fixture_entry", &fixture, MARK_ENTRY);
    if (check_failures)
        fprintf(stderr, "(in %s)\n", name);
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

static void test_cxx(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load("fixture_cxx");
    resolve_loaded(symbolizer);
    size_t at = find_frame("fixture_entry");
    CHECK(at >= 3);
    check_frame(at, "fixture_entry", &fixture, MARK_ENTRY);
    check_frame(at - 1, "shop::checkout(void (*)())", &fixture, MARK_STATIC);
    check_frame(
        at - 2, "shop::basket::total(void (*)(), char const*) const", &fixture, MARK_MIDDLE);
    CHECK(strncmp(frames[at - 3].function, "scaled", 6) == 0 ||
          strncmp(frames[at - 3].function, "double shop::scaled<double>", 27) == 0);
    CHECK(frames[at - 3].lineno == fixture.line(MARK_INNER));
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

static void test_symbol_table_only(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load("fixture_symtab");
    resolve_loaded(symbolizer);
    size_t at = find_frame("static_function");
    CHECK_STR(frames[at + 1].function, "fixture_entry");
    CHECK_STR(frames[at].filename, "fixture_symtab.so");
    CHECK(frames[at].lineno == 0);
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

static void test_stripped(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load("fixture_stripped");
    resolve_loaded(symbolizer);
    size_t at = find_frame("fixture_entry"); /* in .dynsym */
    struct link_map *map = NULL;
    dlinfo(fixture.handle, RTLD_DI_LINKMAP, &map);
    char expected[100] = "";
    for (size_t i = 1; i < stack_count; i++) {
        Dl_info symbol;
        if (dladdr((void *)(uintptr_t)(stack[i] - 1), &symbol) && symbol.dli_sname &&
            strcmp(symbol.dli_sname, "fixture_entry") == 0)
            snprintf(expected, sizeof(expected), "fixture_stripped.so+0x%" PRIx64,
                stack[i - 1] - map->l_addr);
    }
    CHECK(at > 0);
    CHECK_STR(frames[at - 1].function, expected);
    CHECK_STR(frames[at - 1].filename, "fixture_stripped.so");
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

static void test_files_not_to_use(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    add_object(symbolizer, FIXTURE_DIR "/fixture_no_id.so", 1);
    CHECK_STR(resolve_one(symbolizer, 0x11200), "fixture_no_id.so+0x1200");
    add_object(symbolizer, FIXTURE_DIR "/fixture.so", 0);
    CHECK_STR(resolve_one(symbolizer, 0x11200), "fixture.so+0x1200");
    add_object(symbolizer, "/nowhere/service (deleted)", 0);
    CHECK_STR(resolve_one(symbolizer, 0x11200), "service+0x1200");
    add_object(symbolizer, "/dev/zero", 0);
    CHECK_STR(resolve_one(symbolizer, 0x11200), "zero+0x1200");
    add_object(symbolizer, FIXTURE_SOURCE_DIR "/fixture.c", 0);
    CHECK_STR(resolve_one(symbolizer, 0x11200), "fixture.c+0x1200");
    add_object(symbolizer, "linux-vdso.so.1", 0);
    CHECK_STR(resolve_one(symbolizer, 0x10a00), "[vdso]+0xa00");
    CHECK(frames[0].library_frame);
    add_object(symbolizer, "", 0);
    CHECK_STR(resolve_one(symbolizer, 0x10a00), "[unknown]+0xa00");
    symbolizer_free(symbolizer);
}

static void test_maps(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    uint64_t outside[] = {0, 1, UINT64_MAX, 0x10001, 0x90000, 0x90001};
    CHECK(symbolizer_resolve(symbolizer, MAP, outside, 6, frames, NULL, 6) == 0);
    add_object(symbolizer, "/opt/app/libshop.so", 1);
    CHECK(symbolizer_resolve(symbolizer, MAP, outside, 6, frames, NULL, 6) == 4);
    CHECK_STR(frames[0].function, "[unknown]");
    CHECK_STR(frames[1].function, "libshop.so+0x1");
    CHECK(!frames[1].library_frame);
    CHECK_STR(frames[2].function, "libshop.so+0x80000");
    CHECK_STR(frames[3].function, "[unknown]");
    CHECK(symbolizer_resolve(symbolizer, MAP, outside, 6, frames, NULL, 2) == 2);
    add_object(symbolizer, "/opt/x/libapmshim.so.0", 0);
    CHECK(symbolizer_resolve(symbolizer, MAP, outside, 6, frames, NULL, 6) == 1);
    symbolizer_forget_map(symbolizer, MAP);
    symbolizer_forget_map(symbolizer, MAP);
    CHECK(symbolizer_resolve(symbolizer, MAP, outside, 6, frames, NULL, 6) == 0);
    symbolizer_free(symbolizer);
}

/* More objects than are kept open or remembered; the descriptors must not run out. */
static void test_many_objects(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    char path[512];
    for (int i = 0; i < 700; i++) {
        snprintf(path, sizeof(path), FIXTURE_DIR "/%0*d/../fixture_no_id.so", 1 + i % 200, 0);
        add_object(symbolizer, i % 2 ? FIXTURE_DIR "/fixture_no_id.so" : path, 0);
        resolve_one(symbolizer, 0x11000 + (uint64_t)i);
        symbolizer_forget_map(symbolizer, MAP);
    }
    add_object(symbolizer, FIXTURE_DIR "/fixture_no_id.so", 0);
    CHECK(strncmp(resolve_one(symbolizer, 0x11200), "fixture_", 8) == 0);
    symbolizer_free(symbolizer);
}

/* ---- against other tools ---- */

/* Reads addr2line's function and file:line of one address, innermost call first, and compares. */
static size_t compare_with_addr2line(const char *path, uint64_t offset, size_t at)
{
    char command[1024], function[600], place[600];
    snprintf(command, sizeof(command), "addr2line -f -i -C -e '%s' 0x%" PRIx64, path, offset);
    FILE *pipe = popen(command, "r");
    size_t lines = 0;
    while (pipe && fgets(function, sizeof(function), pipe) && fgets(place, sizeof(place), pipe)) {
        char ours[600];
        const struct frame *frame = &frames[at + lines++];
        function[strcspn(function, "\n")] = place[strcspn(place, " \n")] = '\0';
        snprintf(ours, sizeof(ours), "%s:%d", frame->abs_path, frame->lineno);
        CHECK_STR(frame->function, function);
        CHECK_STR(ours, place);
    }
    CHECK(pipe && pclose(pipe) == 0);
    return lines;
}

static void test_like_addr2line(const char *name)
{
    if (system("addr2line --version >/dev/null 2>&1") != 0)
        return;
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load(name);
    struct link_map *map = NULL;
    dlinfo(fixture.handle, RTLD_DI_LINKMAP, &map);
    dl_iterate_phdr(add_loaded, symbolizer);
    uint64_t taken[STACK_MAX];
    size_t count = stack_count, compared = 0;
    memcpy(taken, stack, sizeof(taken));
    for (size_t i = 0; i < count; i++) {
        Dl_info info;
        stack[0] = taken[i];
        stack_count = 1;
        resolve(symbolizer);
        if (dladdr((void *)(uintptr_t)taken[i], &info) && strcmp(info.dli_fname, fixture.path) == 0)
            compared += compare_with_addr2line(fixture.path, taken[i] - map->l_addr - 1, 0);
    }
    CHECK(compared == 4);
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

/* ---- no network ---- */

/* A server that nobody may ask, known to libdebuginfod by its environment before the program
 * starts. */
static int debuginfod_listener(char **argv)
{
    const char *inherited = getenv("TEST_LISTENER");
    if (inherited)
        return atoi(inherited);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    char url[64], number[16];
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 5) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    snprintf(number, sizeof(number), "%d", fd);
    setenv("DEBUGINFOD_URLS", url, 1);
    setenv("DEBUGINFOD_TIMEOUT", "1", 1);
    setenv("TEST_LISTENER", number, 1);
    execvp(argv[0], argv);
    return -1;
}

int main(int argc, char **argv)
{
    (void)argc;
    int listener = debuginfod_listener(argv);
    test_with_debug_information("fixture");
    test_with_debug_information("fixture_no_id");
    test_with_debug_information("fixture_dwarf4");
    test_with_debug_information("fixture_split");
    test_with_debug_information("fixture_linked");
    test_with_debug_information("fixture_linked_dir");
    test_with_debug_information("fixture_linked_crc");
    test_cxx();
    test_symbol_table_only();
    test_stripped();
    test_like_addr2line("fixture");
    test_like_addr2line("fixture_dwarf4");
    test_files_not_to_use();
    test_maps();
    test_many_objects();
    CHECK(accept(listener, NULL, NULL) < 0 && errno == EAGAIN);
    return check_result();
}
