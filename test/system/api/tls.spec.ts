import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type SecureVersion } from 'node:tls';
import { LocalCluster } from '@sluice/local-cluster';
import { startRedis, type TestRedis } from '@sluice/testing';
import { fileURLToPath } from 'node:url';
import { CertificateAuthority } from './fixtures/certificate-authority.js';
import { ModelsFolder } from './fixtures/models-folder.js';

const KEY = 'the-key-of-operations';

let authority: CertificateAuthority;
let models: ModelsFolder;
let redis: TestRedis;
let cluster: LocalCluster;
beforeAll(async () => {
  authority = new CertificateAuthority();
  models = new ModelsFolder(['quick']);
  redis = await startRedis();
  cluster = await LocalCluster.start({
    root: fileURLToPath(new URL('../../../', import.meta.url)),
    redisUrl: redis.url,
    models: models.path,
    apiKey: KEY,
    apiEnvironment: {
      SLUICE_TLS_CERT: authority.certFile,
      SLUICE_TLS_KEY: authority.keyFile,
      SLUICE_API_KEYS: `ops:admin:${KEY}`,
      SLUICE_RECEIVE_TIMEOUT_MS: '1000',
    },
  });
});
afterAll(async () => {
  await cluster?.stop();
  await redis?.stop();
  models?.remove();
  authority?.remove();
});

const port = () => Number(new URL(cluster.url()).port);

async function ask(path: string, body?: string) {
  const sent = request(cluster.url() + path, {
    method: body === undefined ? 'GET' : 'POST',
    ca: authority.ca,
    headers: { 'x-api-key': KEY },
  }).end(body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode as number, headers: response.headers, body: JSON.parse(await text(response)) };
}

/** @returns the version that was agreed on. @throws what the handshake failed with */
async function handshake(maxVersion: SecureVersion): Promise<string | null> {
  const socket = connect({
    port: port(),
    host: '127.0.0.1',
    ca: authority.ca,
    minVersion: 'TLSv1',
    maxVersion,
    // OpenSSL's default level refuses the old versions by itself, on our side.
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol();
  } finally {
    socket.destroy();
  }
}

describe('with a certificate the API', () => {
  it('serves models over HTTPS', async () => {
    const inputs = [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [3] }];
    const answer = await ask('/v2/models/quick/infer', JSON.stringify({ inputs }));
    expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [3] }] } });
    expect(cluster.apis[0]?.log()).toContain(`"url":"https://`);
  });

  it('tells browsers to stay with HTTPS', async () => {
    const { headers } = await ask('/v2');
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d+/);
    expect(headers['content-security-policy']).toContain('upgrade-insecure-requests');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    expect(await handshake(version)).toBe(version);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
    await expect(handshake(version)).rejects.toThrow(/protocol version/);
  });

  it.each([
    ['plain HTTP', 'GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['nothing', ''],
    ['half a handshake', '\u0016\u0003\u0001'],
  ])('hangs up on a client that sends %s', async (_, bytes) => {
    const socket = connectTcp(port(), '127.0.0.1');
    socket.write(bytes, 'latin1');
    socket.resume();
    await once(socket, 'close');
    expect(await ask('/v2')).toMatchObject({ status: 200 });
  });
});
