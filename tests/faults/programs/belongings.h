/* Manners of services with what they were given: limits, arguments, environment, rights. */
#ifndef FAULTS_BELONGINGS_H
#define FAULTS_BELONGINGS_H

#include "server.h"

void belongings_small_files(struct server *server); /* fewer than the ring's 32 MB */
void belongings_hardly_any_file(struct server *server);
void belongings_no_file(struct server *server);
void belongings_small_limits(struct server *server); /* all that a server can live with */
void belongings_argv_given_back(struct server *server);
void belongings_title(struct server *server); /* over arguments and environment */
void belongings_no_environment(struct server *server);
void belongings_no_dumps(struct server *server);
void belongings_no_new_rights(struct server *server);

#endif
