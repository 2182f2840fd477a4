/* The program that runs one snippet in one context: `runner CONTEXT PLUGIN`. A context is one file
 * context_NAME.c with one CONTEXT(NAME); it calls run_snippet() where its name says. */
#ifndef TRANSPARENCY_RUNNER_H
#define TRANSPARENCY_RUNNER_H

#include "snippet.h"

struct context {
    const char *name;
    void (*run)(void);
    bool in_constructor; /* run before main */
};

#define CONTEXT_WITH(context_name, ...)                                                            \
    static void context_name(void);                                                                \
    static const struct context description = {                                                    \
        .name = #context_name, .run = context_name, __VA_ARGS__};                                  \
    static const struct context *const entry __attribute__((used, section("contexts"))) =          \
        &description;                                                                              \
    static void context_name(void)
#define CONTEXT(context_name) CONTEXT_WITH(context_name, .in_constructor = false)

/* Runs the snippet and prints what it returned. */
void run_snippet(void);
/* The same snippet as a shared object, for contexts that load it. */
extern const char *plugin_path;
/* Runs `body` in a thread with a stack of that size (0: the usual) and joins it. */
void run_in_thread(void *(*body)(void *), size_t stack_size);

#endif
