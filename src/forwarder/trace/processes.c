/* Processes and threads: who they are, whom they came from, what they work for. */
#include "trace/maps.h"
#include "trace/own_package.h"
#include "trace/state.h"
#include "trace/tracer.h"

#include <stdio.h>
#include <stdlib.h>

#include "command/arguments.h"
#include "base/alloc.h"
#include "program.h"
#include "command/redact.h"

/* What a process that serves does before its first request is its start, for so long at most, and
 * until it pauses so long. */
#define START_MAX_NS UINT64_C(30000000000)
#define START_PAUSE_NS UINT64_C(2000000000)

struct process *process_known(const struct tracer *tracer, uint32_t pid)
{
    struct process *process;
    HASH_FIND(hh, tracer->processes, &pid, sizeof pid, process);
    return process;
}

struct process *process_of(struct tracer *tracer, uint32_t pid)
{
    struct process *process = process_known(tracer, pid);
    if (!process) {
        process = xcalloc(1, sizeof *process);
        process->pid = pid;
        HASH_ADD(hh, tracer->processes, pid, sizeof pid, process);
    }
    return process;
}

struct thread_state *thread_of(struct tracer *tracer, const struct writer *writer)
{
    struct thread_state *thread;
    HASH_FIND(hh, tracer->threads, &writer->thread, sizeof writer->thread, thread);
    if (!thread) {
        thread = xcalloc(1, sizeof *thread);
        thread->thread = writer->thread;
        thread->pid = writer->pid;
        HASH_ADD(hh, tracer->threads, thread, sizeof thread->thread, thread);
    }
    thread->used = tracer->now;
    return thread;
}

void thread_free(struct tracer *tracer, struct thread_state *thread, uint64_t time)
{
    api_end_thread(tracer, thread, time);
    work_forget_thread(tracer, thread);
    HASH_DEL(tracer->threads, thread);
    free(thread);
}

/* The folder of the script that an interpreter runs; NULL: it runs none, or a module. */
static const char *script_folder(
    struct arena *scratch, const struct program *program, const char *working)
{
    const char *script = program->script;
    const char *slash = script ? strrchr(script, '/') : NULL;
    if (!slash || (*script != '/' && !*working))
        return NULL;
    if (*script == '/')
        return arena_bytes(scratch, (struct bytes){script, (size_t)(slash - script)});
    return arena_printf(scratch, "%s/%.*s", working, (int)(slash - script), script);
}

/* What it runs, and where its code lies. */
static void find_program(struct tracer *tracer, struct process *process, struct bytes folder)
{
    struct arena scratch = {0};
    const char *working = arena_bytes(&scratch, folder);
    const struct bytes argv = {process->argv, process->argv_len};
    const struct program program = program_of(&scratch, process->exe, argv);
    process->is_python = strcasecmp(program.language, "Python") == 0;
    HASH_VALUE(process->exe, strlen(process->exe), process->program);
    process->roots = (struct code_roots){
        .working = code_table_keep(tracer->code, working),
        .script = code_table_keep(tracer->code, script_folder(&scratch, &program, working)),
        .package = code_table_keep(tracer->code, own_package(&scratch, &program, working)),
        .own = tracer->app_modules,
    };
    arena_free(&scratch);
}

void process_record(struct tracer *tracer, const struct rec_process *record)
{
    struct process *process = process_of(tracer, record->pid);
    const char *exe = (const char *)(record + 1);
    process->parent = record->ppid;
    free(process->exe);
    free(process->argv);
    process->exe = xmemdup0(exe, record->exe_len);
    process->argv = xmemdup0(exe + record->exe_len, record->argv_len);
    process->argv_len = record->argv_len;
    find_program(tracer, process,
        (struct bytes){exe + record->exe_len + record->argv_len, record->folder_len});
    const struct process *parent = process_known(tracer, record->ppid);
    if (parent && parent->serves)
        process->serves = true;
    if (parent)
        map_inherit(process, parent, record->fork_time);
}

/* As it calls itself, which may be anything; else by its file. */
static const char *called(
    const struct tracer *tracer, struct arena *arena, const struct process *process)
{
    const char *title = NULL;
    struct bytes argv = {process->argv, process->argv_len};
    if (tracer->options->arguments && redact_arguments(arena, process->exe, argv, &title, 1) &&
        *title)
        return arguments_base_name(title);
    return process->exe ? program_executable(arena, process->exe) : "unknown program";
}

static void begin_script(
    struct tracer *tracer, struct process *process, const char *type, uint64_t time)
{
    struct live_transaction *t = transaction_begin(tracer, type, time);
    t->event.name = called(tracer, &t->arena, process);
    process->script = t;
}

static void end_start(struct tracer *tracer, struct process *process)
{
    struct live_transaction *t = process->script;
    process->script = NULL;
    t->event.outcome = OUTCOME_SUCCESS;
    transaction_end(tracer, t, t->open_spans ? tracer->now : t->end);
    transaction_drop(tracer, t);
}

/* Whoever goes on without having been asked does something else by then. */
static bool start_is_over(const struct process *process, uint64_t time)
{
    const struct live_transaction *t = process->script;
    return process->serves && t &&
           (t->start + START_MAX_NS < time || (!t->open_spans && t->end + START_PAUSE_NS < time));
}

/* A process that serves nobody is one transaction from its first call to its end. Before it has
 * listened, or as a child of one that has, it may be about to serve. */
struct live_transaction *script_of(struct tracer *tracer, struct process *process, uint64_t time)
{
    if (start_is_over(process, time))
        end_start(tracer, process);
    if (!process->script && !process->serves)
        begin_script(tracer, process, "script", time);
    else if (!process->script && !process->started)
        begin_script(tracer, process, "startup", time);
    process->started |= process->serves;
    return process->script;
}

void process_serves(struct tracer *tracer, uint32_t pid, bool asked, uint64_t time)
{
    struct process *process = process_of(tracer, pid);
    bool begins = !process->serves;
    process->serves = true;
    process->started |= asked || process->script;
    if (!process->script)
        return;
    process->script->event.type = "startup";
    if (begins && process->script->end < time)
        process->script->end = time;
    if (asked)
        end_start(tracer, process);
}

void processes_tick(struct tracer *tracer, uint64_t now)
{
    struct process *process, *next;
    HASH_ITER(hh, tracer->processes, process, next)
    {
        if (start_is_over(process, now))
            end_start(tracer, process);
    }
}

void process_exit(struct tracer *tracer, uint32_t pid, const struct rec_exit *record)
{
    struct process *process = process_of(tracer, pid);
    process->exited = true;
    process->status = record->status;
}

static void end_script(struct tracer *tracer, struct process *process, uint64_t time)
{
    struct live_transaction *t = process->script;
    if (!t)
        return;
    process->script = NULL;
    if (process->exited) {
        t->event.result = arena_printf(&t->arena, "%d", process->status);
        t->event.outcome = process->status ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    } else {
        t->event.result = "killed"; /* no exit was called: a signal, or exec */
        t->event.outcome = OUTCOME_UNKNOWN;
    }
    transaction_end(tracer, t, time);
    transaction_drop(tracer, t);
}

static void free_process(struct tracer *tracer, struct process *process)
{
    HASH_DEL(tracer->processes, process);
    free(process->exe);
    free(process->argv);
    free(process);
}

void tracer_process_ended(struct tracer *tracer, uint32_t pid, uint64_t time)
{
    struct process *process = process_of(tracer, pid);
    struct thread_state *thread, *next;
    conversations_of_ended_process(tracer, pid, time);
    pg_sockets_of_ended_process(tracer, pid, time);
    pg_of_ended_process(tracer, pid, time);
    work_settle_all(tracer, pid);
    end_script(tracer, process, time);
    HASH_ITER(hh, tracer->threads, thread, next)
    {
        if (thread->pid != pid)
            continue;
        thread_free(tracer, thread, time);
    }
    free_process(tracer, process);
}

void process_free_all(struct tracer *tracer)
{
    while (tracer->processes)
        tracer_process_ended(tracer, tracer->processes->pid, tracer->now);
}
