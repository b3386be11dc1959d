/**
 * Healthy while the API, or the balancer before it, answers.
 *
 * It asks `live`, not `ready`: an API that waits for Redis or for a worker is not cured by a restart, which is what some
 * orchestrators do with an unhealthy container. `live` needs no key either.
 */
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import process from 'node:process';

const { PORT = '3000', SLUICE_TLS_CERT = '' } = process.env;
const isTls = SLUICE_TLS_CERT !== '';

/** Below the check's own timeout in docker-compose.yml, so that the reason is told. */
const signal = AbortSignal.timeout(4_000);
// The certificate is for the name that clients use.
const options = { host: '127.0.0.1', port: PORT, path: '/v2/health/live', rejectUnauthorized: false, signal };

(isTls ? getHttps : getHttp)(options, (response) => {
  response.resume();
  if (response.statusCode !== 200) fail(`it answers ${response.statusCode}`);
}).on('error', (error) => fail(error.message));

function fail(reason) {
  console.log(`not healthy: ${reason}`);
  process.exitCode = 1;
}
