/* Bodies that no server takes, kept as files until one does: by this forwarder, or by a later one
 * that is given the same folder. A file belongs to whoever has renamed it, so several may share the
 * folder. What has been offered to a server by a forwarder that died is not offered again. */
#ifndef APMSHIM_EXPORT_SPOOL_H
#define APMSHIM_EXPORT_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "export/body.h"
#include "options.h"

struct spool;

/* NULL: none is wanted, or the log says why there is none. Not for two threads at a time. */
struct spool *spool_open(const struct options *options);
/* Writes a file; the oldest give way to it, and *lost grows by their events. False: not kept. */
bool spool_put(struct spool *spool, const struct body *body, uint64_t *lost);
/* The oldest body, with its file claimed until spool_done; NULL: nothing is there. One at a time.
 * What is there and damaged is thrown away; *lost grows by its events. */
struct body *spool_take(struct spool *spool, uint64_t *lost);
/* keep: it is as it was before. */
void spool_done(struct spool *spool, bool keep);
/* NULL is allowed. */
void spool_close(struct spool *spool);

/* The folder, made if it is not there; -1: *ret_why says why there can be no spool in it. */
int spool_folder(const char *path, const char **ret_why);

/* The body in a file; NULL: it is none, or was not written whole. */
struct body *spool_read(FILE *file);

#endif
