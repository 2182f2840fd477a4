/* Who sends: the metadata of one traced service, from its options, its process and its machine. */
#ifndef APMSHIM_METADATA_H
#define APMSHIM_METADATA_H

#include <stdint.h>
#include "base/arena.h"
#include "base/bytes.h"
#include "trace/model.h"
#include "wire/record.h"

/* All borrowed for the call. Strings of options are NULL or empty where not set. */
struct metadata_source {
    const char *service_name, *service_version, *environment, *service_node_name, *hostname;
    const char *global_labels; /* "key=value,key=value" */
    int pid, ppid;
    const char *exe;    /* NULL: unknown */
    struct bytes argv;  /* each ended by NUL, the last may be cut */
    bool no_arguments;  /* argv names the service and is not told itself */
    const char *folder; /* it was started in; NULL: unknown */
    const char *proc;   /* the process' folder under /proc; NULL: this process' own */
};

/* Everything lives in the arena. Reads files of /proc and the environment, and may ask the resolver
 * for the host's full name for up to a second. */
struct metadata metadata_of(struct arena *arena, const struct metadata_source *source);

struct options;

/* The same from the forwarder's options, for one service, by what it said about itself; NULL: it
 * said nothing, and nothing is to be known. Free it by metadata_free. /proc is asked about the
 * process as long as it lives, and where its arguments are not to be sent, and thus not recorded,
 * for the script that names it. */
struct metadata *metadata_new(const struct options *options, const struct rec_process *told);
/* For a service that said nothing about itself: only /proc is asked. */
struct metadata *metadata_of_process(const struct options *options, uint32_t pid);
void metadata_free(struct metadata *metadata);

/* The name as the server accepts it: letters, digits, space, '_' and '-', the rest as '_'. */
const char *metadata_service_name(struct arena *arena, const char *name);

#endif
