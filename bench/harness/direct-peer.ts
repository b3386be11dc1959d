import { PeerProcess } from './peer-process.js';
import { readCpu, type CpuReading } from './process-cpu.js';
import type { BenchRun } from './scenario.js';
import type { Target } from './target.js';

const SCRIPT = new URL('../peers/direct/main.js', import.meta.url);

/** Fastify with `session.run` in its handler, in one process. */
export class DirectPeer implements Target {
  private constructor(private readonly server: PeerProcess) {}

  /** @param model path of the ONNX file that it serves, under whatever name it is asked for */
  static async start(bench: BenchRun, model: string): Promise<DirectPeer> {
    return new DirectPeer(await PeerProcess.start(bench, SCRIPT, [model]));
  }

  get port(): number {
    return this.server.port;
  }

  cpu(): CpuReading | undefined {
    return readCpu({ server: [this.server.pid] });
  }
}
