// HTTP over pg: three statements a request, with its id planted in them. Arguments: the port, and
// `native` for the one that is made of libpq.
const http = require('http');
const { Pool } = process.argv[3] === 'native' ? require('pg').native : require('pg');

const pool = new Pool({ host: process.env.PGHOST, max: 16 });

http.createServer(async (request, response) => {
  const comment = `/* req=${request.headers['x-request-id']} */`;
  for (let i = 0; i < 3; i++)
    await pool.query(`${comment} select $1::int + ${i}`, [i]);
  response.end('done\n');
}).listen(Number(process.argv[2]), '127.0.0.1');

process.on('SIGTERM', () => process.exit(0));
