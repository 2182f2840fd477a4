/* psqlodbc through unixODBC: direct, with parameters, prepared. Argument: the connection string. */
#include <sql.h>
#include <sqlext.h>
#include <stdlib.h>

static SQLHDBC connection;

static void take_all(SQLHSTMT statement)
{
    while (SQL_SUCCEEDED(SQLFetch(statement)))
        ;
    SQLFreeStmt(statement, SQL_CLOSE);
}

static void run(const char *sql)
{
    SQLHSTMT statement;
    SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement);
    SQLExecDirect(statement, (SQLCHAR *)(size_t)sql, SQL_NTS);
    take_all(statement);
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
}

static void run_prepared(const char *sql)
{
    SQLHSTMT statement;
    SQLINTEGER value;
    SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement);
    SQLPrepare(statement, (SQLCHAR *)(size_t)sql, SQL_NTS);
    SQLBindParameter(
        statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, 0, NULL);
    for (value = 0; value < 3; value++) {
        SQLExecute(statement);
        take_all(statement);
    }
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
}

int main(int argc, char **argv)
{
    SQLHENV environment;
    if (argc < 2)
        return 2;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    if (!SQL_SUCCEEDED(SQLDriverConnect(
            connection, NULL, (SQLCHAR *)argv[1], SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT)))
        return 1;
    run("/* req=odbc */ create table odbc_t (a int, b text)");
    run("/* req=odbc */ insert into odbc_t values (1, 'x'), (2, 'y')");
    run_prepared("/* req=odbc */ select b from odbc_t where a = ?");
    run("/* req=odbc */ select missing from odbc_t");
    run("/* req=odbc */ select count(*) from odbc_t");
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
    return 0;
}
