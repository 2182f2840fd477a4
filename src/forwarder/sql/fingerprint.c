#include "sql/fingerprint.h"
#include "sql/lex.h"

static const uint64_t fnv_basis = 0xcbf29ce484222325u;
static const uint64_t fnv_prime = 0x100000001b3u;

static uint64_t hash_byte(uint64_t hash, char c)
{
    return (hash ^ (unsigned char)c) * fnv_prime;
}

static uint64_t hash_lexeme(uint64_t hash, const struct lexeme *lexeme)
{
    if (lexeme->kind == LEX_LITERAL) {
        hash = hash_byte(hash, '?');
    } else {
        bool fold = lexeme->kind == LEX_WORD;
        for (size_t i = 0; i < lexeme->text.len; i++) {
            char c = lexeme->text.data[i];
            hash = hash_byte(hash, fold && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
        }
    }
    /* So that `a b` and `ab` differ. */
    return hash_byte(hash, '\0');
}

uint64_t sql_fingerprint(struct bytes obfuscated)
{
    uint64_t hash = fnv_basis, ended = fnv_basis;
    struct lexeme lexeme;
    while (lex_next_solid(&obfuscated, &lexeme)) {
        hash = hash_lexeme(hash, &lexeme);
        if (!lex_is_symbol(&lexeme, ';'))
            ended = hash;
    }
    return ended;
}
