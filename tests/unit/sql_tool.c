/* sql_tool MODE: what the SQL functions make of the statement on standard input. */
#include "sql/fingerprint.h"
#include "sql/lex.h"
#include "sql/obfuscate.h"
#include "sql/signature.h"
#include "sql/split.h"
#include "sql/token.h"
#include "sql/verb.h"

#include <inttypes.h>
#include <stdio.h>

static struct buf read_all(FILE *in)
{
    struct buf b = {0};
    char chunk[4096];
    size_t n;
    buf_reserve(&b, 0);
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0)
        buf_add(&b, chunk, n);
    return b;
}

/* KIND NUL text NUL, per token. */
static void print_tokens(struct bytes sql, struct buf *out)
{
    struct sql_scanner scanner = {.rest = sql};
    struct sql_token token;
    while (sql_token_next(&scanner, &token)) {
        buf_puts(out, sql_token_name(token.kind));
        buf_putc(out, '\0');
        buf_add(out, token.text.data, token.text.len);
        buf_putc(out, '\0');
    }
}

/* statement NUL name NUL, of each; the name is empty where the first word is no command's. */
static void print_statements(struct bytes sql, struct buf *out)
{
    struct bytes statement, certain = {sql.data, lex_certain(sql, false)};
    while (sql_next_statement(&certain, &statement)) {
        buf_add(out, statement.data, statement.len);
        buf_putc(out, '\0');
        if (sql_verb(statement))
            sql_signature(statement, out);
        buf_putc(out, '\0');
    }
}

static bool run(const char *mode, struct bytes sql, struct buf *out)
{
    if (strcmp(mode, "tokens") == 0)
        print_tokens(sql, out);
    else if (strcmp(mode, "statements") == 0)
        print_statements(sql, out);
    else if (strcmp(mode, "signature") == 0)
        sql_signature(sql, out);
    else if (strcmp(mode, "obfuscate") == 0)
        sql_obfuscate(sql, false, false, out);
    else if (strcmp(mode, "fingerprint") == 0)
        buf_printf(out, "%016" PRIx64, sql_fingerprint(sql));
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct buf in = read_all(stdin), out = {0};
    bool known = argc == 2 && run(argv[1], (struct bytes){in.data, in.len}, &out);
    if (!known)
        fprintf(stderr,
            "usage: sql_tool tokens|statements|signature|obfuscate|fingerprint < statement\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&in);
    buf_free(&out);
    return known ? 0 : 2;
}
