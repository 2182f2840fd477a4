/* As in glibc's dlfcn.h from 2.35 on. */
#ifndef APMSHIM_SHIM_FOUND_OBJECT_H
#define APMSHIM_SHIM_FOUND_OBJECT_H

struct found_object {
    unsigned long long flags;
    void *map_start, *map_end;
    struct link_map *link_map;
    void *eh_frame_header;
    unsigned long long reserved[7];
};

/* _dl_find_object: takes no lock, may be called in signal handlers. 0: found. */
typedef int elf_object_finder(void *address, struct found_object *ret_found);

#endif
