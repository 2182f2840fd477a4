# Pgtcl.
package require Pgtcl

set c [pg_connect -conninfo ""]
pg_result [pg_exec $c {/* req=pgtcl */ create table pgtcl_t (a int, b text)}] -clear
pg_result [pg_exec $c {/* req=pgtcl */ insert into pgtcl_t values ($1, $2)} 1 x] -clear
pg_select $c {/* req=pgtcl */ select a, b from pgtcl_t} row {}
pg_result [pg_exec $c {/* req=pgtcl */ select missing from pgtcl_t}] -clear
pg_sendquery $c {/* req=pgtcl */ select count(*) from pgtcl_t}
while {[set r [pg_getresult $c]] ne ""} {pg_result $r -clear}
pg_disconnect $c
