/** A model of ONNX_VERSIONS: rows of four numbers in, two out. */
export const LINEAR = 'linear';

const TOLERANCE = 1e-4;

/** One client that asks the same again and again, and expects the first answer every time. */
export class LinearLoad {
  private asked = 0;
  private readonly failed: string[] = [];
  private stopping = false;
  private readonly running: Promise<void>;

  private constructor(
    private readonly url: string,
    private readonly expected: readonly number[],
  ) {
    this.running = this.run();
  }

  static async start(url: string): Promise<LinearLoad> {
    return new LinearLoad(url, await ask(url));
  }

  /** How often was asked, and what came instead of the right answer. */
  async stop(): Promise<{ readonly asked: number; readonly failed: readonly string[] }> {
    this.stopping = true;
    await this.running;
    return { asked: this.asked, failed: this.failed };
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.asked++;
      try {
        const answer = await ask(this.url);
        const isRight = answer.every((value, index) => Math.abs(value - this.expected[index]!) <= TOLERANCE);
        if (!isRight) this.failed.push(answer.join());
      } catch (error) {
        this.failed.push(String(error));
      }
    }
  }
}

async function ask(url: string): Promise<number[]> {
  const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [0.5, 1, 2, 3] }] };
  const response = await fetch(`${url}/v2/models/${LINEAR}/infer`, { method: 'POST', body: JSON.stringify(request) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { outputs: [{ data: number[] }] }).outputs[0].data;
}
