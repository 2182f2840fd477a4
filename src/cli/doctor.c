/* Says whether a program or a running process can be seen, and if not, why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "examine.h"

static int report_process(struct arena *arena, const char *argument)
{
    static const char *const verdicts[] = {
        [PROCESS_TRACED] = "is seen",
        [PROCESS_WAITING] = "will be seen once it serves or connects to a database",
    };
    struct findings findings = {0};
    enum process_state state = examine_process(arena, (pid_t)atoi(argument), &findings);
    if (state == PROCESS_NOT_TRACED)
        printf("process %s isn't seen: because %s\n", argument, findings_blocker(&findings));
    else
        printf("process %s %s\n", argument, verdicts[state]);
    findings_print(&findings, stdout);
    findings_free(&findings);
    return state == PROCESS_NOT_TRACED;
}

static int report_file(struct arena *arena, const char *path)
{
    struct findings findings = {0};
    examine_file(arena, path, &findings);
    const char *blocker = findings_blocker(&findings);
    if (blocker)
        printf("%s won't be seen: because %s\n", path, blocker);
    else if (findings.nothing_to_trace)
        printf(
            "%s can be seen, but has nothing to trace: it neither serves nor uses libpq\n", path);
    else
        printf("%s will be seen\n", path);
    findings_print(&findings, stdout);
    findings_free(&findings);
    return blocker != NULL;
}

static int report(struct arena *arena, const char *argument)
{
    if (*argument && argument[strspn(argument, "0123456789")] == '\0')
        return report_process(arena, argument);
    const char *path = command_path(arena, argument);
    if (!path && access(argument, F_OK) == 0)
        path = argument;
    if (path)
        return report_file(arena, path);
    complain("%s: not found", argument);
    return 1;
}

static int doctor(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fputs(doctor_command.help, stderr);
        return EXIT_USAGE;
    }
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct arena arena = {0};
        status |= report(&arena, argv[i]);
        arena_free(&arena);
    }
    return status;
}

const struct command doctor_command = {
    .name = "doctor",
    .summary = "say whether a program or process can be seen",
    .help = "Usage: apmshim doctor FILE|COMMAND|PID...\n"
            "Says of a program file, of a command found by PATH or of a running process whether\n"
            "the recorder can see it, and what of it. Nothing is run.\n\n"
            "  + seen, or a condition that is met\n"
            "  ! a part that won't be seen\n"
            "  - why nothing will be\n\n"
            "Exit status: 0 all of them can be seen, 1 some can't, 2 wrong usage.\n",
    .run = doctor,
};
