import { messageOf } from '@sluice/contracts';
import { createLogger } from '@sluice/telemetry';
import { Balancer } from './balancer.js';
import { NamedUpstreams } from './upstreams.js';

/** `main.js <port> <name>:<port>`: the port to listen on, and where the APIs are. */
const [port = '', upstream = ''] = process.argv.slice(2);
const [, name, upstreamPort] = /^([\w.-]+):(\d+)$/.exec(upstream) ?? [];
const logger = createLogger('balancer', process.env['SLUICE_LOG_LEVEL'] ?? 'info');
try {
  if (!/^\d+$/.test(port) || name === undefined)
    throw new Error(`expected a port and where the APIs are, such as 3000 api:3000, not "${port} ${upstream}"`);
  const balancer = new Balancer({ upstreams: new NamedUpstreams(name), upstreamPort: Number(upstreamPort), logger });
  const stop = async () => {
    await balancer.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
  await balancer.start(Number(port), '0.0.0.0');
  logger.info({ port: Number(port), upstream }, 'balancer_listening');
} catch (error) {
  logger.fatal({ reason: messageOf(error) }, 'start_failed');
  process.exit(1);
}
