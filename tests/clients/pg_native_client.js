// pg-native, directly and as pg's engine.
const Native = require('pg-native');
const { native } = require('pg');

async function main() {
  const c = new Native();
  c.connectSync('');
  c.querySync('/* req=pg-native */ create table native_t (a int, b text)');
  c.querySync('/* req=pg-native */ insert into native_t values ($1, $2)', [1, 'x']);
  c.prepareSync('named', '/* req=pg-native */ select b from native_t where a = $1', 1);
  for (let i = 0; i < 3; i++) c.executeSync('named', [i]);
  try { c.querySync('/* req=pg-native */ select missing from native_t'); } catch (e) { }
  c.end();

  const p = new native.Client();
  await p.connect();
  await Promise.all([1, 2, 3].map((i) =>
    p.query('/* req=pg-native */ select a from native_t where b = $1', ['x' + i])));
  for (let i = 0; i < 3; i++)
    await p.query({ name: 'again', text: '/* req=pg-native */ select count(*) from native_t where a > $1', values: [i] });
  await p.query('/* req=pg-native */ select missing from native_t').catch(() => { });
  await p.query('begin');
  await p.query('rollback');
  await p.end();
}

main();
