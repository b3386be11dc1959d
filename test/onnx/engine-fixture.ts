import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineConfiguration, LoadedModel } from '@sluice/inference-engine';
import { OnnxEngine } from '@sluice/inference-engine';

export const CPU: EngineConfiguration = { device: 'cpu', fallback: 'none', intraOpThreads: 1, allowSpinning: false };

/** A folder of model files and the engines that were made on it, gone after each test. */
export class EngineFixture {
  readonly #engines: OnnxEngine[] = [];

  private constructor(private readonly folder: string) {}

  static async create(): Promise<EngineFixture> {
    return new EngineFixture(await mkdtemp(join(tmpdir(), 'sluice-onnx-')));
  }

  engine(changes: Partial<EngineConfiguration> = {}): OnnxEngine {
    const engine = new OnnxEngine({ ...CPU, ...changes });
    this.#engines.push(engine);
    return engine;
  }

  async file(name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, bytes);
    return path;
  }

  /** Loads a model on an engine of its own. */
  async load(bytes: Uint8Array, changes: Partial<EngineConfiguration> = {}): Promise<LoadedModel> {
    const path = await this.file('model.onnx', bytes);
    return this.engine(changes).load({ ref: { model: 'model', version: '1' }, path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
    await rm(this.folder, { recursive: true });
  }
}
