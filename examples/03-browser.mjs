// Serves a page on which one draws a digit and sees what the model takes it for. The page asks this small server, which
// passes the question on: the API's key stays here, and the browser needs no leave to ask another origin.
//
// A page that asks the API itself needs that leave: SLUICE_CORS_ORIGINS=http://127.0.0.1:8080 npm start, and then
// http://127.0.0.1:8080/?api=http://127.0.0.1:3000. It would need a key as well, where the API has some.
//
//     node examples/03-browser.mjs [port]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;
const INFER = '/v2/models/digits/infer';
const MAX_BYTES = 100_000;

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (request.method === 'GET' && pathname === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(readFileSync(new URL('03-browser.html', import.meta.url)));
  } else if (request.method === 'POST' && pathname === INFER) {
    void passOn(request, response);
  } else {
    response.writeHead(404).end();
  }
});

// Only this one path, and only small requests: this is not a way around the API's door for everything.
async function passOn(request, response) {
  try {
    const parts = [];
    let bytes = 0;
    for await (const part of request) {
      bytes += part.length;
      if (bytes > MAX_BYTES) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      parts.push(part);
    }
    const headers = API_KEY ? { 'x-api-key': API_KEY } : {};
    const answer = await fetch(API + INFER, { method: 'POST', body: Buffer.concat(parts), headers });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  } catch (error) {
    const reason = `nothing answers at ${API}: ${error.cause?.message ?? error.message}`;
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error: reason }));
  }
}

server.on('error', (error) => {
  console.error(`failed: ${error.message}; name another port: node examples/03-browser.mjs 8081`);
  process.exit(1);
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  console.log(`Draw a digit: http://127.0.0.1:${server.address().port}   (Ctrl-C ends it)`);
});
