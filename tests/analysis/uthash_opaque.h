/* Forced before every file that is analysed: what of uthash's and utlist's macros an analyser is
 * not to look into. They would cost it most of its time, and it would believe in tables that are
 * freed while entries are left, and in heads that stay where they were after they were taken out.
 */
#ifndef APMSHIM_TESTS_UTHASH_OPAQUE_H
#define APMSHIM_TESTS_UTHASH_OPAQUE_H

#include <stddef.h>

void *opaque_malloc(size_t size) __attribute__((returns_nonnull));
void opaque_free(void *p);
unsigned opaque_hash(const void *key, size_t len);
void *opaque_head(void);

#define uthash_malloc(size) opaque_malloc(size)
#define uthash_free(p, size) opaque_free(p)
#define HASH_FUNCTION(key, len, ret) (ret) = opaque_hash(key, len)

#include <uthash.h>

#undef HASH_DELETE_HH
#define HASH_DELETE_HH(hh, head, entry) (head) = opaque_head()

#include <utlist.h>

#undef DL_DELETE
#undef DL_DELETE2
#define DL_DELETE(head, entry) ((void)(entry), (head) = opaque_head())
#define DL_DELETE2(head, entry, previous, next) DL_DELETE(head, entry)

#endif
