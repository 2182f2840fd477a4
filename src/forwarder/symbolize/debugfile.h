/* Finding the separate file that holds an object's debug information: on local disks, and with the
 * servers of DEBUGINFOD_URLS only if asked to. Some systems set that variable for everybody, and a
 * server that does not answer keeps the forwarder waiting. */
#ifndef APMSHIM_SYMBOLIZE_DEBUGFILE_H
#define APMSHIM_SYMBOLIZE_DEBUGFILE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct build_id {
    const uint8_t *bytes; /* borrowed */
    size_t len;
};

/* A descriptor of a regular file, or -1. Never blocks on a FIFO or device. */
int file_open(const char *path);
/* Whether the ELF file has exactly this build id (len 0: has none). */
bool file_has_build_id(int fd, struct build_id id);

/* Whether servers are asked, by libdebuginfod, for 5 seconds unless DEBUGINFOD_TIMEOUT says
 * otherwise. Not before, until called. */
void debugfile_ask_servers(bool ask);

/* The find_debuginfo callback of libdwfl: also serves .gnu_debugaltlink. */
int debugfile_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
    const char *file_name, const char *link, GElf_Word link_crc, char **found_name);

#endif
