/* The list of endpoints as text for a terminal. */
#ifndef APMSHIM_EXPORT_ENDPOINTS_TABLE_H
#define APMSHIM_EXPORT_ENDPOINTS_TABLE_H

#include "export/endpoints.h"
#include "export/waterfall.h"

/* Appends the table, and the slowest request of the slowest endpoint. service: may be NULL. */
void endpoints_table(
    struct buf *b, const struct endpoint_list *list, const char *service, const struct look *look);

#endif
