# tdbc::postgres, which loads libpq by itself and finds its functions by name.
package require tdbc::postgres

tdbc::postgres::connection create db -host $env(PGHOST) -port $env(PGPORT) -user $env(PGUSER) \
    -database $env(PGDATABASE)
db allrows {/* req=tdbc */ create table tdbc_t (a int, b text)}
set insert [db prepare {/* req=tdbc */ insert into tdbc_t values (:a, :b)}]
foreach a {1 2 3} {$insert allrows [dict create a $a b x]}
set a 2
db allrows {/* req=tdbc */ select b from tdbc_t where a = :a}
db transaction {db allrows {/* req=tdbc */ delete from tdbc_t where a = 3}}
catch {db allrows {/* req=tdbc */ select missing from tdbc_t}}
db close
