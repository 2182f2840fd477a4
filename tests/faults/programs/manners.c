/* What services do to themselves around listen(). */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belongings.h"
#include "sandbox.h"

enum { SOME_USER = 54321, FORKS = 10000, LAST_DESCRIPTOR = 65535 };

/* ---- descriptors ---- */

/* So that tracing has begun. */
static void listen_for_nothing(struct server *server)
{
    struct server other = {.listener = -1};
    (void)server;
    server_listen(&other);
}

static void close_from(struct server *server)
{
    listen_for_nothing(server);
    closefrom(3);
}

static void close_a_range(struct server *server)
{
    listen_for_nothing(server);
    need(close_range(3, ~0u, 0) == 0, "close_range");
}

static void close_each(struct server *server)
{
    listen_for_nothing(server);
    for (int fd = 3; fd <= LAST_DESCRIPTOR; fd++)
        close(fd);
}

/* Listener and ring take the lowest numbers. */
static void close_standard(struct server *server)
{
    (void)server;
    need(dup2(1, 100) == 100 && dup2(2, 101) == 101, "dup2");
    for (int fd = 0; fd <= 3; fd++)
        close(fd);
}

static void restore_standard(struct server *server)
{
    need(server->listener == 0 && dup2(100, 1) == 1 && dup2(101, 2) == 2, "dup2");
    close(100);
    close(101);
}

static void listener_is_3(struct server *server)
{
    int copy = fcntl(server->listener, F_DUPFD, 10);
    need(copy >= 0 && dup2(copy, 3) == 3, "dup2");
    if (server->listener != 3)
        close(server->listener);
    close(copy);
    server->listener = 3;
}

/* ---- limits: set before listening, raised again to serve ---- */

static void limit(int resource, rlim_t soft)
{
    struct rlimit l;
    need(getrlimit(resource, &l) == 0, "getrlimit");
    l.rlim_cur = soft < l.rlim_max ? soft : l.rlim_max;
    need(setrlimit(resource, &l) == 0, "setrlimit");
}

static void one_descriptor_left(struct server *server)
{
    (void)server;
    int next = dup(0);
    close(next);
    limit(RLIMIT_NOFILE, (rlim_t)next + 1);
}

static void raise_descriptors(struct server *server)
{
    (void)server;
    limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

static void become_somebody(struct server *server)
{
    (void)server;
    need(setgroups(0, NULL) == 0 && setgid(SOME_USER) == 0 && setuid(SOME_USER) == 0, "setuid");
}

static void no_processes(struct server *server)
{
    become_somebody(server);
    limit(RLIMIT_NPROC, 1);
}

static void raise_processes(struct server *server)
{
    (void)server;
    limit(RLIMIT_NPROC, RLIM_INFINITY);
}

static void no_memory(struct server *server)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    (void)server;
    need(file && fscanf(file, "%ld", &pages) == 1, "statm");
    fclose(file);
    limit(RLIMIT_AS, (rlim_t)pages * 4096 + (16 << 20)); /* the ring has 32 MB */
}

static void raise_memory(struct server *server)
{
    (void)server;
    limit(RLIMIT_AS, RLIM_INFINITY);
}

/* ---- file systems and names ---- */

static void own_mounts(void)
{
    need(unshare(CLONE_NEWNS) == 0, "unshare");
    need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount private");
}

static void read_only(struct server *server)
{
    (void)server;
    own_mounts();
    need(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0, "remount");
    need(open("/tmp/apmshim-not-there", O_CREAT | O_WRONLY, 0600) < 0, "still writable");
}

static void no_dev_shm(struct server *server)
{
    (void)server;
    own_mounts();
    need(mount("none", "/dev", "tmpfs", 0, NULL) == 0, "mount");
}

/* A folder with nothing in it. */
static void change_root(struct server *server)
{
    char folder[] = "/tmp/apmshim-root-XXXXXX";
    (void)server;
    need(mkdtemp(folder) && chdir(folder) == 0 && rmdir(folder) == 0, "folder");
    need(chroot(".") == 0, "chroot");
}

static void new_user_names(struct server *server)
{
    (void)server;
    need(unshare(CLONE_NEWUSER) == 0, "unshare");
}

/* ---- processes ---- */

/* The child serves; this process ends as it does. */
static void leave_to_child(struct server *server)
{
    int status;
    server->forks = 1;
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0)
        return;
    need(waitpid(child, &status, 0) == child, "waitpid");
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void child_in_new_pids(struct server *server)
{
    need(unshare(CLONE_NEWPID) == 0, "unshare");
    leave_to_child(server);
}

/* As in a container without an init. */
static void be_pid_1(struct server *server)
{
    child_in_new_pids(server);
    need(getpid() == 1, "pid 1");
    server->forks = 0;
}

static void adopt_orphans(struct server *server)
{
    (void)server;
    need(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
}

/* Before it ends, as inits do that want to be the last. */
static void wait_for_all(struct server *server)
{
    server->waits_for_all = 1;
}

/* As in a container, whose /proc is its own. */
static void be_pid_1_and_wait(struct server *server)
{
    be_pid_1(server);
    own_mounts();
    need(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount proc");
    wait_for_all(server);
}

static void adopt_and_wait(struct server *server)
{
    adopt_orphans(server);
    wait_for_all(server);
}

static void be_daemon(struct server *server)
{
    (void)server;
    need(daemon(1, 1) == 0, "daemon");
}

/* Nothing has been recorded of the one that serves when the first ends. */
static void be_silent_daemon(struct server *server)
{
    be_daemon(server);
    sleep(1);
}

static void fork_twice(struct server *server)
{
    (void)server;
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        need(child >= 0, "fork");
        if (child > 0)
            _exit(3);
        setsid();
    }
}

/* Every second child also uses a connection. */
static int child_ends_well(int number)
{
    int pair[2], status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (number % 2 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
            (void)!write(pair[0], "x", 1);
            close(pair[0]);
        }
        _exit(number % 100);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == number % 100;
}

static void fork_often(struct server *server)
{
    int fine = 0;
    server->forks = 1;
    for (int i = 0; i < FORKS; i++)
        fine += child_ends_well(i);
    tell("%d children ended well\n", fine);
}

static void *fork_on(void *unused)
{
    (void)unused;
    for (int i = 0;; i++)
        need(child_ends_well(i), "a child hung or crashed");
    return NULL;
}

static void fork_meanwhile(struct server *server)
{
    pthread_t thread;
    server->forks = 1;
    need(pthread_create(&thread, NULL, fork_on, NULL) == 0, "thread");
}

static void crash(int number)
{
    char byte;
    (void)number;
    (void)!read(-1, &byte, 1);
    close(-1);
    *(volatile int *)8 = 1;
}

static void crash_in_handler(struct server *server)
{
    (void)server;
    signal(SIGUSR1, crash);
}

/* The next image of the program finds its listener in the environment. */
static void take_over(struct server *server)
{
    const char *inherited = getenv("SERVER_LISTENER");
    if (inherited)
        server->listener = atoi(inherited);
}

static void become(const struct server *server, const char *manner)
{
    char number[16], port[16];
    if (getenv("SERVER_LISTENER"))
        return;
    snprintf(number, sizeof number, "%d", server->listener);
    snprintf(port, sizeof port, "%d", server->port);
    setenv("SERVER_LISTENER", number, 1);
    execl("/proc/self/exe", "server", port, manner, (char *)NULL);
    need(0, "execl");
}

static void execute_again(struct server *server)
{
    become(server, "executes itself again");
}

/* ---- sandboxes ---- */

/* The filter is there from the start of the program that serves. */
static void start_without_memfd(struct server *server)
{
    if (!getenv("SERVER_LISTENER"))
        sandbox_refuse_memory_files();
    become(server, "memfd refused");
}

static void refuse_exec(struct server *server)
{
    (void)server;
    sandbox_refuse_programs();
}

/* As nginx's and others' workers: the process may serve, but start nothing. */
static void kill_on_new_processes(struct server *server)
{
    (void)server;
    sandbox_kill_on_new_processes();
}

static void worker_killed_on_new_processes(struct server *server)
{
    leave_to_child(server);
    sandbox_kill_on_new_processes();
}

/* As OpenSSH: a process for every connection, which may read and write and nothing else. */
static void process_for_each_connection(struct server *server)
{
    server->forks = 1;
    server->connection = sandbox_read_and_write_only;
}

/* ---- sizes ---- */

static void smallest_stacks(struct server *server)
{
    server->stack_size = 16 * 1024;
}

static void small_stacks(struct server *server)
{
    server->stack_size = 64 * 1024;
    limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

const struct manner manners[] = {
    {"plain", NULL, NULL},
    {"closefrom", close_from, NULL},
    {"close_range", close_a_range, NULL},
    {"close each", close_each, NULL},
    {"no standard descriptors", close_standard, restore_standard},
    {"listener is 3", NULL, listener_is_3},
    {"no descriptor", one_descriptor_left, raise_descriptors},
    {"no process", no_processes, raise_processes},
    {"no memory", no_memory, raise_memory},
    {"read-only", read_only, NULL},
    {"no /dev/shm", no_dev_shm, NULL},
    {"chroot before", change_root, NULL},
    {"chroot after", NULL, change_root},
    {"setuid before", become_somebody, NULL},
    {"setuid after", NULL, become_somebody},
    {"user namespace before", new_user_names, NULL},
    {"user namespace after", NULL, new_user_names},
    {"pid namespace after", NULL, child_in_new_pids},
    {"pid 1", be_pid_1, NULL},
    {"subreaper", adopt_orphans, NULL},
    {"pid 1 waits for all", be_pid_1_and_wait, NULL},
    {"subreaper waits for all", adopt_and_wait, NULL},
    {"daemon", NULL, be_daemon},
    {"silent daemon", NULL, be_silent_daemon},
    {"fork twice", NULL, fork_twice},
    {"fork often", NULL, fork_often},
    {"fork meanwhile", NULL, fork_meanwhile},
    {"executes itself again", take_over, execute_again},
    {"crash in handler", NULL, crash_in_handler},
    {"memfd refused", start_without_memfd, NULL},
    {"exec refused", refuse_exec, NULL},
    {"killed on new processes at once", kill_on_new_processes, NULL},
    {"killed on new processes", NULL, kill_on_new_processes},
    {"worker killed on new processes", NULL, worker_killed_on_new_processes},
    {"read and write only", NULL, process_for_each_connection},
    {"16 KB stacks", smallest_stacks, NULL},
    {"64 KB stacks", small_stacks, NULL},
    {"small files", belongings_small_files, NULL},
    {"hardly any file", belongings_hardly_any_file, NULL},
    {"no file", belongings_no_file, NULL},
    {"small limits", belongings_small_limits, NULL},
    {"arguments given back", belongings_argv_given_back, NULL},
    {"title", belongings_title, NULL},
    {"no environment", belongings_no_environment, NULL},
    {"no dumps", belongings_no_dumps, NULL},
    {"no new rights", belongings_no_new_rights, NULL},
    {NULL, NULL, NULL},
};
