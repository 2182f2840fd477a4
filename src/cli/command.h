/* The tool's subcommands. Each is one file with one of these; main.c lists them. */
#ifndef APMSHIM_CLI_COMMAND_H
#define APMSHIM_CLI_COMMAND_H

struct command {
    const char *name;
    const char *summary;               /* one line for the list */
    const char *help;                  /* what --help prints */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns the exit status */
};

enum {
    EXIT_USAGE = 2,
    EXIT_NOT_EXECUTABLE = 126, /* as shells and env(1) have it */
    EXIT_NOT_FOUND = 127,
};

extern const struct command run_command, record_command, doctor_command, replay_command,
    dump_command;

/* Prints "apmshim: ..." and a newline to stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
