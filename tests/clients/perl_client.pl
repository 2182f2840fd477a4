# DBD::Pg: prepared on the server, plain, COPY, asynchronous, large objects.
use strict;
use warnings;
use DBI;
use DBD::Pg ':async';

my $db = DBI->connect('dbi:Pg:', '', '', {RaiseError => 0, PrintError => 0, AutoCommit => 1});
$db->do('/* req=perl */ create table perl_t (a int, b text)');
my $insert = $db->prepare('/* req=perl */ insert into perl_t values (?, ?)');
$insert->execute($_, 'x') for 1 .. 5;
$db->selectall_arrayref('/* req=perl */ select a from perl_t where b = ?', undef, 'x');
$db->do('/* req=perl */ copy perl_t from stdin');
$db->pg_putcopydata("6\ty\n");
$db->pg_putcopyend();
my $row;
$db->do('/* req=perl */ copy perl_t to stdout');
1 while $db->pg_getcopydata($row) >= 0;
$db->do('/* req=perl */ select missing from perl_t');
$db->begin_work;
my $lo = $db->pg_lo_creat($db->{pg_INV_WRITE} // 0x20000);
$db->pg_lo_unlink($lo);
$db->rollback;
my $waiting = $db->prepare('/* req=perl */ select count(*) from perl_t', {pg_async => PG_ASYNC});
$waiting->execute;
$waiting->pg_result;
$waiting->finish;
undef $insert;
undef $waiting;
$db->disconnect;
