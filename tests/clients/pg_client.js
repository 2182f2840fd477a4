// pg, which speaks the protocol by itself.
const { Client, Pool } = require('pg');

async function main() {
  const c = new Client({ host: process.env.PGHOST });
  await c.connect();
  await c.query('/* req=node-pg */ create table node_t (a int, b text)');
  for (let i = 0; i < 3; i++)
    await c.query('/* req=node-pg */ insert into node_t values ($1, $2)', [i, 'x'.repeat(3000)]);
  for (let i = 0; i < 3; i++)
    await c.query({ name: 'named', text: '/* req=node-pg */ select b from node_t where a = $1', values: [i] });
  await c.query('/* req=node-pg */ select missing from node_t').catch(() => { });
  await c.query({ text: '/* req=node-pg */ select missing from node_t where a = $1', values: [1] }).catch(() => { });
  await c.query("/* req=node-pg */ select repeat('x', 100) from generate_series(1, 5000)");
  await c.query("/* req=node-pg */ select repeat('x', 100), $1::int from generate_series(1, 5000)", [1]);
  await c.query('/* req=node-pg */ select count(*) from node_t; select max(a) from node_t');
  await c.query('begin');
  await c.query('rollback');
  await c.end();
  const pool = new Pool({ host: process.env.PGHOST, max: 3 });
  await Promise.all([1, 2, 3, 4, 5, 6].map((i) =>
    pool.query('/* req=node-pg */ select a from node_t where a > $1', [i])));
  await pool.end();
}

main();
