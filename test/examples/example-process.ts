import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** An example as a user runs it. */
export class ExampleProcess {
  /** Its exit code. */
  readonly exited: Promise<number | null>;
  /** What it has printed so far, errors included. */
  output = '';
  private readonly child;

  /** @param env its whole environment, beside PATH */
  constructor(file: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) {
    const command = file.endsWith('.sh') ? 'bash' : process.execPath;
    this.child = spawn(command, [`examples/${file}`, ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env },
    });
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  stop(): Promise<number | null> {
    this.child.kill();
    return this.exited;
  }
}
