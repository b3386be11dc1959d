import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Asks Redis one thing over a bare socket, and answers its reply as it came, in RESP2: the bench has no client of its own
 * for a question now and then.
 *
 * @param words without spaces or quotes in them
 * @throws Error when Redis refuses
 */
export async function askRedis({ hostname, port }: URL, ...words: readonly string[]): Promise<string> {
  const socket = connect(Number(port), hostname);
  socket.setEncoding('latin1').end(`${words.join(' ')}\r\n`);
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  if (text === '' || text.startsWith('-')) throw new Error(`Redis answers ${words.join(' ')} with "${text.trim()}"`);
  return text;
}
