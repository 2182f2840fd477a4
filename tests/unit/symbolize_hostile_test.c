/* Files that change or lie, stacks through signal handlers; and what a cached lookup costs. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <ucontext.h>
#include "fixtures/stack.h"

static char scratch[] = "/tmp/symbolize-XXXXXX";
static char scratch_file[64];

struct image {
    unsigned char *bytes;
    size_t size;
};

static struct image read_image(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        exit(1);
    struct image image = {malloc((size_t)st.st_size), (size_t)st.st_size};
    if (read(fd, image.bytes, image.size) != (ssize_t)image.size)
        exit(1);
    close(fd);
    return image;
}

static void write_image(struct image image)
{
    int fd = open(scratch_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, image.bytes, image.size) != (ssize_t)image.size)
        exit(1);
    close(fd);
}

static void test_overwritten_while_open(struct image original)
{
    struct symbolizer *symbolizer = symbolizer_new();
    write_image(original);
    add_object(symbolizer, scratch_file, 0);
    resolve_one(symbolizer, 0x11100);
    write_image((struct image){original.bytes, 64});
    CHECK_STR(resolve_one(symbolizer, 0x11234), "victim.so+0x1234");
    symbolizer_free(symbolizer);
}

static void resolve_everywhere(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    add_object(symbolizer, scratch_file, 0);
    for (uint64_t offset = 0x1000; offset < 0x1400; offset += 0x15) {
        stack[0] = 0x10000 + offset;
        stack_count = 1;
        resolve(symbolizer);
        CHECK(frame_count >= 1 && frames[0].function && frames[0].filename);
    }
    symbolizer_free(symbolizer);
}

static void test_truncated(struct image original)
{
    for (size_t size = 0; size < original.size; size += 1 + original.size / 150) {
        write_image((struct image){original.bytes, size});
        resolve_everywhere();
    }
}

static void test_flipped(struct image original, unsigned seed)
{
    struct image image = {malloc(original.size), original.size};
    memcpy(image.bytes, original.bytes, original.size);
    srand(seed);
    for (int i = 1 + rand() % 20; i > 0; i--)
        image.bytes[(size_t)rand() % image.size] = (unsigned char)rand();
    alarm(20); /* a walk that never ends is a failure */
    write_image(image);
    resolve_everywhere();
    alarm(0);
    free(image.bytes);
}

#if defined(__x86_64__)
static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ucontext_t *interrupted = context;
    capture();
    interrupted->uc_mcontext.gregs[REG_RIP] += 2;
}

static void test_signal_frame(void)
{
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load("fixture");
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    void (*fault)(void);
    *(void **)&fault = dlsym(fixture.handle, "fixture_fault");
    sigaction(SIGILL, &action, NULL);
    fault();
    resolve_loaded(symbolizer);
    size_t at = find_frame("<signal handler called>");
    CHECK(frames[at].library_frame);
    CHECK_STR(frames[at + 1].function, "fixture_fault");
    find_frame("main");
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}
#endif

static void print_cost_of_cached_stack(void)
{
    enum { FRAMES = 1000000 };
    struct symbolizer *symbolizer = symbolizer_new();
    struct fixture fixture = fixture_load("fixture");
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    resolve_loaded(symbolizer);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double first =
        (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    size_t seen = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (seen < FRAMES) {
        resolve(symbolizer);
        seen += frame_count;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ns = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    printf("first stack of %zu frames: %.0f us; cached: %.1f ns/frame\n", frame_count, first / 1e3,
        ns / (double)seen);
    dlclose(fixture.handle);
    symbolizer_free(symbolizer);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 150;
    if (!mkdtemp(scratch))
        return 1;
    snprintf(scratch_file, sizeof(scratch_file), "%s/victim.so", scratch);
    struct image original = read_image(FIXTURE_DIR "/fixture_no_id.so");
    test_overwritten_while_open(original);
    test_truncated(original);
    for (unsigned seed = 0; seed < rounds; seed++)
        test_flipped(original, seed);
#if defined(__x86_64__)
    test_signal_frame();
#endif
    print_cost_of_cached_stack();
    free(original.bytes);
    unlink(scratch_file);
    rmdir(scratch);
    return check_result();
}
