#include "trace/sqlstate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    char code[3];
    const char *name;
} classes[] = {
    {"08", "ConnectionException"},
    {"0A", "FeatureNotSupported"},
    {"20", "CaseNotFound"},
    {"21", "CardinalityViolation"},
    {"22", "DataException"},
    {"23", "IntegrityConstraintViolation"},
    {"24", "InvalidCursorState"},
    {"25", "InvalidTransactionState"},
    {"26", "InvalidSQLStatementName"},
    {"28", "InvalidAuthorizationSpecification"},
    {"2B", "DependentPrivilegeDescriptorsStillExist"},
    {"2D", "InvalidTransactionTermination"},
    {"2F", "SQLRoutineException"},
    {"34", "InvalidCursorName"},
    {"38", "ExternalRoutineException"},
    {"39", "ExternalRoutineInvocationException"},
    {"3B", "SavepointException"},
    {"3D", "InvalidCatalogName"},
    {"3F", "InvalidSchemaName"},
    {"40", "TransactionRollback"},
    {"42", "SyntaxErrorOrAccessRuleViolation"},
    {"44", "WithCheckOptionViolation"},
    {"53", "InsufficientResources"},
    {"54", "ProgramLimitExceeded"},
    {"55", "ObjectNotInPrerequisiteState"},
    {"57", "OperatorIntervention"},
    {"58", "SystemError"},
    {"F0", "ConfigurationFileError"},
    {"HV", "ForeignDataWrapperError"},
    {"P0", "PLpgSQLError"},
    {"XX", "InternalError"},
};

const char *sqlstate_class(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < sizeof classes / sizeof *classes; i++)
        if (strncmp(sqlstate, classes[i].code, 2) == 0)
            return classes[i].name;
    return sqlstate && *sqlstate ? "PostgreSQLError" : "LibpqError"; /* never reached the server */
}

struct condition {
    char code[6];
    const char *name;
};

static int compare(const void *code, const void *condition)
{
    return strcmp(code, ((const struct condition *)condition)->code);
}

const char *sqlstate_condition(const char *sqlstate)
{
    static const struct condition conditions[] = {
#define CONDITION(code, name) {code, name},
#include "trace/conditions.def"
#undef CONDITION
    };
    const struct condition *found = bsearch(
        sqlstate, conditions, sizeof conditions / sizeof *conditions, sizeof *conditions, compare);
    return found ? found->name : NULL;
}

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

bool sqlstate_unread(const char *sqlstate, const char *source)
{
    /* syntax_error, invalid_name, character_not_in_repertoire, untranslatable_character,
     * invalid_escape_sequence, nonstandard_use_of_escape_character, statement_too_complex */
    static const char *const codes[] = {
        "42601", "42602", "22021", "22P05", "22025", "22P06", "54001"};
    /* PostgreSQL's scanner and grammar, and what verifies a text's encoding. */
    static const char *const readers[] = {"scanner_yyerror", "base_yyparse", "base_yyerror",
        "core_yylex", "addunicode", "check_string_escape_warning", "check_stack_depth",
        "stack_is_too_deep", "report_invalid_encoding", "report_untranslatable_char",
        "plpgsql_yyerror", "replication_yyerror"};
    return is_one_of(sqlstate, codes, sizeof codes / sizeof *codes) &&
           (!source || !*source || is_one_of(source, readers, sizeof readers / sizeof *readers));
}
