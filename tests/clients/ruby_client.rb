# ruby-pg, which waits for results without holding its lock.
require 'pg'

c = PG.connect(host: ENV['PGHOST'])
c.exec('/* req=ruby */ create table ruby_t (a int, b text)')
c.exec_params('/* req=ruby */ insert into ruby_t values ($1, $2)', [1, 'x'])
c.prepare('named', '/* req=ruby */ select b from ruby_t where a = $1')
3.times { |i| c.exec_prepared('named', [i]).to_a }
c.copy_data('/* req=ruby */ copy ruby_t from stdin') { c.put_copy_data("2\ty\n") }
c.copy_data('/* req=ruby */ copy ruby_t to stdout') { nil while c.get_copy_data }
c.send_query('/* req=ruby */ select a from ruby_t order by a')
c.set_single_row_mode
c.get_result.stream_each { |row| row }
c.transaction { |t| t.exec('/* req=ruby */ delete from ruby_t') }
c.sync_exec('/* req=ruby */ select count(*) from ruby_t')
c.enter_pipeline_mode
3.times { |i| c.send_query_params('/* req=ruby */ select a from ruby_t where a = $1', [i]) }
c.pipeline_sync
8.times { c.get_result }
c.exit_pipeline_mode
begin
  c.exec('/* req=ruby */ select missing from ruby_t')
rescue PG::Error
  c.exec('/* req=ruby */ select max(a) from ruby_t')
end
c.exec('/* req=ruby */ listen channel')
c.wait_for_notify(0.1)
c.close
