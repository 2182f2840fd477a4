/* SQLSTATE classes by name (PostgreSQL documentation, appendix A): a stable type for errors. */
#ifndef APMSHIM_SQLSTATE_H
#define APMSHIM_SQLSTATE_H

/* "SyntaxErrorOrAccessRuleViolation" for "42601"; "PostgreSQLError" where nothing is known. */
const char *sqlstate_class(const char *sqlstate);

#endif
