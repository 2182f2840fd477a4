/* A small table by address: a few slots in a row per hash, so that nothing moves and a lookup is
 * bounded. A connection that finds no slot is traced all the same, only less exactly. */
#include "hooks_libpq.h"

#include <stdatomic.h>

enum { SLOTS = 512, WINDOW = 8 };

static struct pq_conn slots[SLOTS + WINDOW];

static struct pq_conn *window_of(uintptr_t conn)
{
    return &slots[conn * UINT64_C(0x9e3779b97f4a7c15) >> 55];
}

static struct pq_conn *find(uintptr_t conn)
{
    struct pq_conn *slot = window_of(conn);
    for (unsigned i = 0; i < WINDOW; i++)
        if (atomic_load_explicit(&slot[i].conn, memory_order_relaxed) == conn)
            return &slot[i];
    return NULL;
}

struct pq_conn *pq_conn_of(const PGconn *conn, bool create)
{
    uintptr_t address = (uintptr_t)conn;
    if (!address)
        return NULL;
    struct pq_conn *slot = find(address);
    if (slot || !create)
        return slot;
    slot = window_of(address);
    for (unsigned i = 0; i < WINDOW; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&slot[i].conn, &none, address))
            continue;
        slot[i].connecting = slot[i].stack_id = slot[i].input = slot[i].complete = 0;
        slot[i].rows = 0;
        slot[i].bytes = 0;
        return &slot[i];
    }
    return NULL;
}

void pq_conn_forget(const PGconn *conn)
{
    struct pq_conn *slot = pq_conn_of(conn, false);
    if (slot)
        atomic_store_explicit(&slot->conn, 0, memory_order_release);
}
