/* apmshim: the command-line tool around the recorder and the forwarder. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = {
    &run_command, &doctor_command, &record_command, &replay_command, &dump_command, NULL};

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("apmshim: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static void print_overview(FILE *out)
{
    fputs("Usage: apmshim COMMAND [OPTION]...\n"
          "Traces unmodified programs and sends what they do to an Elastic APM Server.\n\n",
        out);
    for (int i = 0; commands[i]; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`apmshim COMMAND --help` says more; `apmshim --version` prints the version.\n", out);
}

static const struct command *find(const char *name)
{
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int asks_for(const char *argument, const char *name)
{
    return argument && strcmp(argument, name) == 0;
}

int main(int argc, char **argv)
{
    if (asks_for(argv[1], "--version"))
        return puts("apmshim " APMSHIM_VERSION) < 0;
    if (asks_for(argv[1], "--help") || asks_for(argv[1], "-h")) {
        print_overview(stdout);
        return 0;
    }
    const struct command *command = argc > 1 ? find(argv[1]) : NULL;
    if (!command) {
        if (argc > 1)
            complain("there is no command '%s'", argv[1]);
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (asks_for(argv[2], "--help") || asks_for(argv[2], "-h"))
        return fputs(command->help, stdout) < 0;
    return command->run(argc - 1, argv + 1);
}
