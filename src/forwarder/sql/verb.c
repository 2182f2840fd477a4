#include "sql/verb.h"

#include "sql/lex.h"

/* "SQL Commands", "Streaming Replication Protocol" in PostgreSQL's documentation, and pgbouncer's
 * "Admin console". */
static const char *const verbs[] = {"ABORT", "ALTER", "ANALYSE", "ANALYZE", "BASE_BACKUP", "BEGIN",
    "CALL", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE",
    "CREATE_REPLICATION_SLOT", "DEALLOCATE", "DECLARE", "DELETE", "DISABLE", "DISCARD", "DO",
    "DROP", "DROP_REPLICATION_SLOT", "ENABLE", "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT",
    "IDENTIFY_SYSTEM", "IMPORT", "INSERT", "KILL", "LISTEN", "LOAD", "LOCK", "MERGE", "MOVE",
    "NOTIFY", "PAUSE", "PREPARE", "READ_REPLICATION_SLOT", "REASSIGN", "RECONNECT", "REFRESH",
    "REINDEX", "RELEASE", "RELOAD", "RESET", "RESUME", "REVOKE", "ROLLBACK", "SAVEPOINT",
    "SECURITY", "SELECT", "SET", "SHOW", "SHUTDOWN", "START", "START_REPLICATION", "SUSPEND",
    "TABLE", "TIMELINE_HISTORY", "TRUNCATE", "UNLISTEN", "UPDATE", "UPLOAD_MANIFEST", "VACUUM",
    "VALUES", "WAIT_CLOSE", "WITH"};

const char *sql_verb(struct bytes statement)
{
    struct lexeme first;
    do {
        if (!lex_next_solid(&statement, &first))
            return NULL;
    } while (lex_is_symbol(&first, '(') || lex_is_symbol(&first, ';'));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (lex_is_word(&first, verbs[i]))
            return verbs[i];
    return NULL;
}
