import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Bytes that Redis has read from its clients and written to them, since it was started.
 * Asked over a bare socket: the bench has no client of its own for one question.
 *
 * @throws Error when Redis does not tell
 */
export async function readRedisTraffic({ hostname, port }: URL): Promise<number> {
  const socket = connect(Number(port), hostname);
  socket.setEncoding('latin1').end('INFO stats\r\n');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  const read = /total_net_input_bytes:(\d+)/.exec(text)?.[1];
  const written = /total_net_output_bytes:(\d+)/.exec(text)?.[1];
  if (read === undefined || written === undefined) throw new Error(`Redis tells nothing of its traffic: ${text}`);
  return Number(read) + Number(written);
}
