import { fileURLToPath } from 'node:url';
import { HttpConnection } from './load/http-connection.js';
import { assertAnswered, prepareInfer } from './load/prepared-request.js';
import { Cleanups } from './cleanups.js';
import { PeerProcess } from './peer-process.js';

/** Node 20 starts no process from TypeScript. */
const DIRECT = new URL('../../dist/bench/peers/direct/main.js', import.meta.url);
const MODEL = fileURLToPath(new URL('../../models/digits/1/model.onnx', import.meta.url));

describe('PeerProcess', () => {
  const cleanups = new Cleanups();
  afterAll(() => cleanups.run());

  it('serves until the cleanups run, and is gone then', async () => {
    const own = new Cleanups();
    const peer = await PeerProcess.start({ cleanups: own }, DIRECT, [MODEL]);
    const image = {
      name: 'image',
      datatype: 'FP32',
      shape: [1, 1, 28, 28],
      data: Array.from({ length: 784 }, () => 0),
    };
    const request = prepareInfer('digits', JSON.stringify({ inputs: [image] }), (answer) =>
      answer.includes('"name":"probabilities"'),
    );
    const connection = await HttpConnection.open(peer.port);
    assertAnswered(request, await connection.send(request.bytes));
    connection.close();

    process.kill(peer.pid, 0); // It is there,
    await own.run();
    expect(() => process.kill(peer.pid, 0)).toThrow('ESRCH'); // and is not.
  });

  it('says how a process ended that was asked for something', async () => {
    const peer = await PeerProcess.start({ cleanups }, DIRECT, [MODEL]);
    const asked = peer.ask({ kind: 'nothing' });
    process.kill(peer.pid, 'SIGKILL');
    await expect(asked).rejects.toThrow('was asked for {"kind":"nothing"}, and ended: killed by SIGKILL');
  });

  it('says what a peer complained of that did not become ready', async () => {
    await expect(PeerProcess.start({ cleanups }, DIRECT, ['/no/such/model.onnx'])).rejects.toThrow(
      /was not ready when it ended: exit code 1\n[^]*\/no\/such\/model\.onnx/,
    );
  });
});
