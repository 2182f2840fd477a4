/* The caller's memory, read while it is still the caller's: before the call that gives it away.
 *
 * A copy never faults where the call itself would answer EFAULT: each page is asked about first.
 * What a file is mapped to may vanish at any moment, also between asking and copying, when somebody
 * cuts the file; there the kernel copies. The mappings are known because mmap is interposed. A
 * process that has locked itself in is asked nothing: its memory is taken to be there. */
#ifndef APMSHIM_SHIM_CALLER_H
#define APMSHIM_SHIM_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* One call's copies: which page has been asked about. All-zero at first. */
struct caller {
    uintptr_t page;
};

/* Copies the first bytes, as many as can be read. Returns their number. */
size_t caller_copy(struct caller *caller, void *out, const void *from, size_t n);
/* The same of the bytes from an offset on of what a vector of our own names. */
size_t caller_gather(
    struct caller *caller, char *out, const struct iovec *iov, int count, uint64_t from, size_t n);

/* A file was mapped here, or memory given back. Both may be told more than is true. */
void caller_mapped_file(const void *at, size_t len);
/* Files are mapped, and it is not known where. */
void caller_maps_files_unseen(void);
void caller_unmapped(const void *at, size_t len);
bool caller_is_file(const void *at, size_t len);

/* From now on a system call that is not the program's own may be its death (seccomp). */
void caller_lock_in(void);
bool caller_is_locked_in(void);
/* Also if it was so from the start: what a filter allows there is unknown. */
void caller_is_filtered(void);

#endif
