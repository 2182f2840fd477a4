/* Files that are made or written for the service's user alone: readable by nobody else, and never
 * by way of a link or file that somebody else may have put into a folder that is not ours. */
#ifndef APMSHIM_BASE_OWN_FILE_H
#define APMSHIM_BASE_OWN_FILE_H

/* Opens for writing, made if it is not there. flags: O_APPEND, O_TRUNC, O_EXCL or 0. Never waits
 * for a FIFO's reader: the descriptor is non-blocking. -1 with errno. */
int own_file_open(const char *path, int flags);
/* Writes wait from now on. */
void own_file_block(int fd);
/* Why it could not be opened or written, in words. */
const char *own_file_why(int error);

#endif
