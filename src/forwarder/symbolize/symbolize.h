/* Addresses → function, file and line, with elfutils, also after the process has ended.
 *
 * A *module map* is the list of objects one process had mapped at one time, named by an id that the
 * recorder chose; a forked child shares its parent's until it loads something itself. Debug
 * information is looked for beside the file, in .debug/ and under /usr/lib/debug, never on the
 * network. Single-threaded. */
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
    bool main_program;   /* the executable itself, not a shared object */
};

struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

/* Adds one module to a map; the map begins to exist with its first module. What the map had at the
 * same addresses is forgotten. Borrows nothing. */
void symbolizer_add_module(
    struct symbolizer *symbolizer, uint64_t map_id, const struct module *module);
/* Drops a map that no live process uses any more; opened files stay cached (bounded). */
void symbolizer_forget_map(struct symbolizer *symbolizer, uint64_t map_id);
/* How many there are. The caller bounds them. */
size_t symbolizer_maps(const struct symbolizer *symbolizer);

/* Appends the frames of return addresses (innermost first) to *frames; inlined calls become frames
 * of their own. ret_indices (may be NULL) tells of each frame which address it comes from. Frames
 * inside libapmshim.so are left out. Every string belongs to the symbolizer and lives as long as it
 * does. Addresses outside every module are shown as one "[unknown]" per run. Returns the number of
 * frames appended, at most max; none if the map does not exist. */
size_t symbolizer_resolve(struct symbolizer *symbolizer, uint64_t map_id, const uint64_t *addresses,
    size_t count, struct frame *frames, uint32_t *ret_indices, size_t max);

/* Whether the frame is inside an interpreter itself: its library, its executable. */
bool symbolizer_is_interpreter(const struct frame *frame);

#endif
