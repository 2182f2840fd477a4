/* Any file as a recording: what is read of it can be printed and made into traces. */
#include "cli/command.h"
#include "options.h"
#include "recording.h"
#include "require.h"
#include "trace/tracer.h"

/* Instead of the tool's own, which would print one for nearly every input. */
void complain(const char *format, ...)
{
    (void)format;
}

static void trace_record(void *self, const struct writer *writer, const struct record *record)
{
    require(record_valid(record, record->size));
    if (record->type != REC_MODULES) /* would open any file on this machine */
        tracer_record(self, writer, record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sink nowhere;
    struct recording_header header;
    char path[32], name[] = "dump", *argv[] = {name, path, NULL};
    int fd = input_file(data, size, path);
    static bool silent;
    if (!silent)
        silent = freopen("/dev/null", "w", stdout) != NULL;
    dump_command.run(2, argv);
    struct tracer *tracer = tracer_new(options_load(), &nowhere, 0);
    FILE *file = fopen(path, "re");
    require(file != NULL);
    (void)recording_read(file, &header, trace_record, tracer);
    fclose(file);
    tracer_finish(tracer);
    close(fd);
    return 0;
}
