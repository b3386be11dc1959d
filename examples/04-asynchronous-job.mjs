// Hands work over and does not wait: the server answers 202 at once, runs it when it can, and keeps the result for a day.
//
//     node examples/04-asynchronous-job.mjs
import { readFileSync } from 'node:fs';
import process from 'node:process';

const { SLUICE_URL: API = 'http://127.0.0.1:3000', SLUICE_API_KEY: API_KEY } = process.env;

const body = readFileSync(new URL('../models/digits/samples/three.json', import.meta.url));
const accepted = await ask('/v2/models/digits/infer?async=true', { method: 'POST', body });
// From here on no crash of a worker or of the API loses it: it is in Redis.
const location = accepted.headers.get('location');
console.log(`Accepted with ${accepted.status}. The job is at ${location}`);

// Waits up to 30 s for its end; without `wait` the answer comes at once, whatever the state.
const job = await (await ask(`${location}?wait=30`)).json();
if (job.state !== 'completed') fail(`the job is ${job.state}: ${JSON.stringify(job.error ?? job)}`);
const probabilities = job.result.outputs[0].data;
console.log(`${job.worker} has run it: this is a ${probabilities.indexOf(Math.max(...probabilities))}.`);
console.log(`The result is kept until ${job.expires}.`);

// Every caller sees its own jobs, the newest first.
const { jobs } = await (await ask('/jobs?model=digits&state=completed&size=3')).json();
for (const { id, state, created } of jobs) console.log(`  ${created}  ${state}  ${id}`);
if (!jobs.some(({ id }) => id === job.id)) fail('the job is not in the list of the newest');

// What is not needed any more can go before its time.
await ask(location, { method: 'DELETE' });
console.log('Removed.');

async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(API_KEY && { 'x-api-key': API_KEY }) };
  const reply = await fetch(API + path, { ...options, headers }).catch(() =>
    fail(`nothing answers at ${API}: start a cluster with npm start, or set SLUICE_URL`),
  );
  if (!reply.ok) fail(`${path} was answered with ${reply.status}: ${await reply.text()}`);
  return reply;
}

function fail(reason) {
  console.error(`failed: ${reason}`);
  process.exit(1);
}
