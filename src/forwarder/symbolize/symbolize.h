/* Addresses → function, file and line, with elfutils, also after the process has ended.
 *
 * A *module map* is the list of objects one process had mapped at one time, named by an id that the
 * recorder chose; a forked child shares its parent's until it loads something itself. Single-threaded. */
#ifndef APMSHIM_SYMBOLIZE_H
#define APMSHIM_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "trace/model.h"

struct symbolizer;

struct module {
    uint64_t bias;       /* what was added to the file's virtual addresses (dlpi_addr) */
    uint64_t start, end; /* mapped range [start, end) */
    const char *path;    /* as the loader knows it; "" for the main program without a path */
    const uint8_t *build_id;
    size_t build_id_len; /* 0: the object has none */
};

struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

/* Adds one module to a map; the map begins to exist with its first module. */
void symbolizer_add_module(struct symbolizer *symbolizer, uint64_t map_id, const struct module *module);
/* Drops a map that no live process uses any more; opened files stay cached (bounded). */
void symbolizer_forget_map(struct symbolizer *symbolizer, uint64_t map_id);

/* Appends the frames of return addresses (innermost first) to *frames; inlined calls become frames of
 * their own. Frames inside libapmshim.so are left out. Every string belongs to the symbolizer and lives
 * as long as it does. Returns the number of frames appended, at most max. */
size_t symbolizer_resolve(struct symbolizer *symbolizer, uint64_t map_id, const uint64_t *addresses,
    size_t count, struct frame *frames, size_t max);

#endif
