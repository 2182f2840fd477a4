/* Picks the context, runs it, and then prints what is left of it in the process. */
#include "runner.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/stat.h>

const char *plugin_path;
static const struct context *chosen;
extern const struct context *const __start_contexts[], *const __stop_contexts[];
extern char **environ;

void run_snippet(void)
{
    int result = snippet();
    printf("returned %d\n", result);
}

void run_in_thread(void *(*body)(void *), size_t stack_size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    pthread_attr_init(&attributes);
    if (stack_size)
        pthread_attr_setstacksize(&attributes, stack_size);
    if (pthread_create(&thread, &attributes, body, NULL))
        abort();
    pthread_join(thread, &result);
    printf("thread %s\n", result == PTHREAD_CANCELED ? "was cancelled" : "returned");
    pthread_attr_destroy(&attributes);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void report_environment(void)
{
    static char *names[1024];
    size_t count = 0;
    for (char **e = environ; *e && count < 1024; e++)
        names[count++] = *e;
    qsort(names, count, sizeof *names, compare_text);
    for (size_t i = 0; i < count; i++)
        printf("environment %s\n", names[i]);
}

static void report_descriptors(void)
{
    struct stat status;
    for (int fd = 0; fd < 1024; fd++)
        if (fstat(fd, &status) == 0)
            printf("descriptor %d type %o flags %d\n", fd, status.st_mode & S_IFMT,
                fcntl(fd, F_GETFD));
}

static void report_signals(void)
{
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            printf("signal %d disposition flags %x\n", i, action.sa_flags);
        if (sigismember(&mask, i) == 1)
            printf("signal %d blocked\n", i);
    }
}

static void report_threads(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "Threads:", 8) || !strncmp(line, "SigC", 4) ||
            !strncmp(line, "Umask", 5))
            fputs(line, stdout);
    if (file)
        fclose(file);
}

static void report_children(void)
{
    errno = 0;
    printf("children %d", (int)waitpid(-1, NULL, WNOHANG));
    printf(" errno %d", errno);
    printf(", of any kind %d", (int)waitpid(-1, NULL, WNOHANG | __WALL));
    printf(" errno %d\n", errno);
}

/* Tells the harness which system calls are the report's. */
static void mark(int number)
{
    close(-number);
}

static void report(void)
{
    char folder[PATH_MAX];
    mark(4242);
    const char *loader_error = dlerror();
    printf("loader error: %s\n", loader_error ? loader_error : "none");
    report_environment();
    report_descriptors();
    report_signals();
    report_threads();
    report_children();
    printf(
        "folder %s, leads its session: %d\n", getcwd(folder, sizeof folder), getsid(0) == getpid());
}

static const struct context *find(const char *name)
{
    for (const struct context *const *c = __start_contexts; c < __stop_contexts; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    fprintf(stderr, "no context %s\n", name);
    exit(3);
}

static __attribute__((constructor)) void before_main(int argc, char **argv)
{
    if (argc != 3)
        exit(3);
    setvbuf(stdout, NULL, _IOFBF, 65536);
    plugin_path = argv[2];
    atexit(report); /* before all others, so the last */
    chosen = find(argv[1]);
    if (chosen->in_constructor)
        chosen->run();
}

int main(void)
{
    if (!chosen->in_constructor)
        chosen->run();
    return 7;
}
