/* Application servers: programs whose own name says nothing about the service, and which are told
 * by their arguments what they serve. */
#ifndef APMSHIM_COMMAND_SERVERS_H
#define APMSHIM_COMMAND_SERVERS_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/bytes.h"

struct served {
    const char *application; /* what it is called; NULL: the arguments do not tell */
    const char *module;      /* that holds it, as given; NULL: it is a file, or not told */
    const char *language;    /* what it is written in; NULL: the server's */
    bool by_folder;          /* such applications are called like the folder they are run in */
};

/* name: a script, module or executable, without folder. argv: what follows it. False: it is no such
 * server. */
bool servers_know(const char *name);
bool servers_read(struct arena *arena, const char *name, struct bytes argv, struct served *ret);

/* What an application is called that is named by a module, "shop.wsgi:application", or by a file,
 * "/srv/shop/wsgi.py"; both are "shop". NULL: it may be code, and names nothing. */
const char *servers_application(struct arena *arena, const char *named);

#endif
