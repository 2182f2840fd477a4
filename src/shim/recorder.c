/* Per-process and per-thread state of the recorder, and what happens to it at fork. */
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "elf.h"
#include "given.h"
#include "launch.h"
#include "pages.h"
#include "probe.h"
#include "process.h"
#include "rebind.h"
#include "scratch.h"
#include "stack.h"
#include "sys.h"
#include "unseen.h"

enum start_state { NOT_STARTED, ACTIVE, OFF };

/* Lives on a page that the kernel zeroes in a forked child, however the fork was made. */
struct wiped {
    _Atomic uint32_t pid;
};

static struct {
    _Atomic int state;      /* enum start_state */
    _Atomic uint32_t epoch; /* rises in every forked child */
    _Atomic bool announced; /* the process record was written */
    bool prepared;          /* it is known what the program was given */
    struct ring *ring;
    struct wiped *_Atomic wiped; /* NULL: nobody has begun to start */
    int (*clock)(clockid_t, struct timespec *);
} process;

_Thread_local struct thread self_thread;

bool recorder_active(void)
{
    return atomic_load_explicit(&process.state, memory_order_relaxed) == ACTIVE;
}

bool recorder_allowed(void)
{
    return atomic_load_explicit(&process.state, memory_order_relaxed) != OFF;
}

struct ring *recorder_ring(void)
{
    return process.ring;
}

uint64_t recorder_now(void)
{
    struct timespec t = {0};
    if (likely(process.clock != NULL))
        process.clock(CLOCK_MONOTONIC, &t);
    else
        sys(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool recorder_is_borrowed(void)
{
    return process.wiped && process.wiped->pid && sys(SYS_getpid) != (long)process.wiped->pid;
}

/* In a forked child: nothing of the parent's threads but the caller exists here. */
static void renew_process(void)
{
    uint32_t pid = (uint32_t)sys(SYS_getpid);
    process.wiped->pid = pid;
    process_renewed(pid);
    atomic_fetch_add_explicit(&process.epoch, 1, memory_order_relaxed);
    atomic_store_explicit(&process.announced, false, memory_order_relaxed);
    stack_forked();
    scratch_forked();
    unseen_forked();
    elf_forked();
}

static void renew_thread(struct thread *thread)
{
    thread->tls_frame = 0;
    thread->tls_unbound = NULL;
    thread->writer = (struct ring_writer){
        .ring = process.ring, .pid = process.wiped->pid, .tid = (uint32_t)sys(SYS_gettid)};
    thread->epoch = atomic_load_explicit(&process.epoch, memory_order_relaxed);
}

static void forked_in_child(void)
{
    rebind_forked();
    elf_forked();
    if (!recorder_active())
        return;
    process_forked(self_thread.writer.tid, recorder_now());
    if (process.wiped->pid != (uint32_t)sys(SYS_getpid)) /* not by an earlier handler's call */
        renew_process();
}

static uintptr_t guard_mark(const struct guard *guard)
{
    return (uintptr_t)guard ^ UINT64_C(0x9e3779b97f4a7c15);
}

/* Whether the work that this guard stands for will surely never be gone on with: a signal handler
 * interrupted it and has left by longjmp, or the thread was cancelled. On which stack a handler
 * runs, above or below, says nothing. But a frame that is left is written over sooner or later, or
 * its stack unmapped; and no guard lies where the frames of the present call (from `here` to its
 * own guard) are. Until then calls are lost, and counted. */
static __attribute__((noinline)) bool guard_is_left(
    const struct guard *guard, uintptr_t here, const struct guard *own)
{
    uintptr_t old = (uintptr_t)guard;
    if (old >= here && old < (uintptr_t)(own + 1))
        return true;
    return !probe_page(old) || !probe_page(old + sizeof *guard - 8) ||
           guard->mark != guard_mark(guard);
}

/* Memory of another stack may be gone: it is probed, unless its page is ours. */
bool frame_is_intact(uintptr_t mark)
{
    uintptr_t frame = mark & (((uintptr_t)1 << FRAME_ADDRESS_BITS) - 1);
    uintptr_t second = frame + sizeof(uintptr_t);
    bool is_ours = second / PAGE == (uintptr_t)__builtin_frame_address(0) / PAGE;
    return (is_ours || probe_page(second)) && frame_mark(frame) == mark;
}

bool recorder_enter(struct guard *guard)
{
    struct thread *thread = &self_thread;
    if (unlikely(!recorder_active()))
        return false;
    if (unlikely(thread->busy != NULL) &&
        !guard_is_left(thread->busy, (uintptr_t)__builtin_frame_address(0), guard)) {
        ring_lose(process.ring, LOSS_REENTERED);
        return false;
    }
    guard->saved_errno = errno;
    guard->mark = guard_mark(guard);
    /* The compiler must not move our work before the flag: a signal may come in between. */
    atomic_signal_fence(memory_order_seq_cst);
    thread->busy = guard;
    atomic_signal_fence(memory_order_seq_cst);
    if (unlikely(!process.wiped->pid))
        renew_process();
    if (unlikely(thread->epoch != atomic_load_explicit(&process.epoch, memory_order_relaxed)))
        renew_thread(thread);
    if (unlikely(!atomic_load_explicit(&process.announced, memory_order_relaxed)) &&
        !atomic_exchange_explicit(&process.announced, true, memory_order_relaxed))
        process_announce();
    return true;
}

void recorder_leave(struct guard *guard)
{
    atomic_signal_fence(memory_order_seq_cst);
    self_thread.busy = NULL;
    errno = guard->saved_errno;
}

void *recorder_begin(enum record_type type, size_t size, uint64_t time)
{
    size = record_round(size);
    struct record *record = ring_begin(&self_thread.writer, size);
    if (record)
        *record = (struct record){.size = (uint32_t)size, .type = (uint16_t)type, .time = time};
    return record;
}

void recorder_commit(const void *record)
{
    ring_commit(&self_thread.writer, record);
}

/* What pthread_atfork calls in glibc; weak, as other C libraries lack it. */
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
    void *object) __attribute__((weak));

/* Whether this thread is the one to start. The page says so, so that a child forked while another
 * thread was at it finds that nobody is. */
static bool take_turn(void)
{
    uint32_t pid = (uint32_t)sys(SYS_getpid), nobody = 0;
    struct wiped *none = NULL, *page = process.wiped;
    if (page)
        return atomic_compare_exchange_strong(&page->pid, &nobody, pid);
    page = pages_map(PAGE, MAP_PRIVATE);
    if (!page)
        return false;
    page->pid = pid;
    (void)madvise(page, PAGE, MADV_WIPEONFORK); /* without it, atfork catches all but raw clones */
    if (atomic_compare_exchange_strong(&process.wiped, &none, page))
        return true;
    pages_unmap(page, PAGE);
    return false;
}

static bool start(void)
{
    process.ring = launch_forwarder();
    if (!process.ring)
        return false;
    atomic_fetch_add_explicit(&process.epoch, 1, memory_order_relaxed);
    process_started(process.wiped->pid);
    stack_started();
    return true;
}

/* Whoever may start a program with the rights of another must not choose what is done with these:
 * its environment is not even read. */
static bool has_others_rights(void)
{
    return getauxval(AT_SECURE) != 0;
}

/* A copy of this library that stands before us records. */
static bool is_second_copy(void)
{
    static const char marker[] = "apmshim_transaction_begin";
    return elf_any(marker, NULL) && !elf_next(marker);
}

static bool stays_out(int argc, char **argv, char **envp)
{
    if (has_others_rights() || is_second_copy())
        return true;
    given_keep(argc, argv, envp);
    return process_switched_off();
}

void recorder_init(int argc, char **argv, char **envp)
{
    if (process.prepared)
        return;
    process.prepared = true;
    if (stays_out(argc, argv, envp)) {
        atomic_store(&process.state, OFF);
        return;
    }
    process_remember();
    if (__register_atfork)
        __register_atfork(NULL, NULL, forked_in_child, NULL);
    process.clock = (int (*)(clockid_t, struct timespec *))elf_vdso("__vdso_clock_gettime");
    if (!process.clock) /* valgrind hides it, and complains of what the kernel is asked */
        caller_lock_in();
}

void recorder_look_around(void)
{
    if (recorder_allowed() && process_inherits_listener())
        recorder_start();
}

void recorder_start(void)
{
    if (unlikely(!process.prepared)) /* in another object's constructor */
        recorder_init(0, NULL, environ);
    if (atomic_load_explicit(&process.state, memory_order_relaxed) != NOT_STARTED)
        return;
    int saved_errno = errno;
    if (process_locked_itself_in())
        atomic_store(&process.state, OFF);
    else if (take_turn())
        atomic_store(&process.state, start() ? ACTIVE : OFF);
    errno = saved_errno;
}
