import { EngineThread } from './engine-thread.js';

/** A thread whose code is all here, for what a real engine thread does only by accident. */
function thread(onMessage: string): EngineThread {
  const code = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', (request) => { ${onMessage} });`;
  return new EngineThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { name: 'test', workerData: 0 });
}

describe('EngineThread', () => {
  it('rejects everything pending when the thread dies, and everything after', async () => {
    const dying = thread(`if (request.kind === 'release') throw new Error('out of luck');`);
    const pending = [dying.load('a'), dying.load('b'), dying.release(1)];
    const failure = { code: 'model_unavailable', message: expect.stringContaining('it died: out of luck') };
    await Promise.all(pending.map((call) => expect(call).rejects.toMatchObject(failure)));
    expect(dying.isUsable).toBe(false);
    await expect(dying.load('c')).rejects.toMatchObject(failure);
    await dying.close();
  });

  it('rejects what is pending when the thread exits by itself', async () => {
    const leaving = thread('process.exit(7);');
    await expect(leaving.load('a')).rejects.toThrow('it exited with code 7');
    await leaving.close();
  });

  it('rejects a run on a dead thread without taking its buffer', async () => {
    const dying = thread(`throw new Error('gone');`);
    await expect(dying.load('a')).rejects.toThrow('gone');
    const buffer = new ArrayBuffer(8);
    await expect(dying.run(1, { buffer, inputs: [], outputs: [] })).rejects.toThrow('gone');
    expect(buffer.byteLength).toBe(8);
  });

  it('ignores an answer to nothing, and matches answers to calls whatever their order', async () => {
    const reversing = thread(`
      globalThis.first ??= request;
      if (request.kind === 'close') process.exit();
      if (request === first) return;
      for (const { id, path } of [{ id: 99 }, request, first]) parentPort.postMessage({ id, value: { device: path } });`);
    const answers = await Promise.all([reversing.load('a'), reversing.load('b')]);
    expect(answers).toMatchObject([{ device: 'a' }, { device: 'b' }]);
    await reversing.close();
  });

  it('takes no call while it closes', async () => {
    const closing = thread(`parentPort.close();`);
    const closed = closing.close();
    await expect(closing.load('a')).rejects.toMatchObject({ code: 'model_unavailable' });
    await closed;
  });
});
