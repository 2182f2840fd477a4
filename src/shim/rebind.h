/* Objects that look for libpq past us.
 *
 * What is opened with RTLD_DEEPBIND, as PHP opens its extensions, looks for a function in the
 * libraries it needs before it looks at preloaded ones, so that its calls of libpq are not ours to
 * see. Its references are set to our functions once it is loaded; they find the libpq it means as
 * for any other caller. Only references that are bound to a libpq already, or to nothing yet, are
 * touched, and of nothing but libpq's functions. */
#ifndef APMSHIM_SHIM_REBIND_H
#define APMSHIM_SHIM_REBIND_H

/* For all objects loaded, unless another thread is at it. No lock, no memory; keeps errno. */
void rebind_libpq(void);
/* The same if an object was loaded since the last time: functions that are not exported, as older
 * libpqs lack them, are only found so. */
void rebind_loaded(void);
/* In a forked child: whoever was at it in the parent is not here. */
void rebind_forked(void);

/* Our own references to libc's functions that another library or the program has a function of the
 * same name for, maybe with other types: set to libc's. Before anything else is called. */
void rebind_own(void);

#endif
