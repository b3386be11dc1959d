import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser of this machine, if it has one. */
export const CHROMIUM = COMMANDS.find((command) => spawnSync(command, ['--version'], { timeout: 20_000 }).status === 0);

type Answer = Readonly<Record<string, unknown>>;

/** A page in a browser without a window, driven through the protocol of its developer tools on a pipe. */
export class ChromiumPage {
  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  /** Of the page; until there is one, we talk to the browser. */
  private session: string | undefined;
  private sent = 0;
  private unread = '';

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
    private readonly input: Writable,
    output: Readable,
  ) {
    output.setEncoding('utf8').on('data', (text: string) => this.read(text));
    browser.once('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the browser has ended'));
    });
  }

  static async open(command: string, url: string): Promise<ChromiumPage> {
    const profile = mkdtempSync(join(tmpdir(), 'sluice-browser-'));
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const browser = spawn(command, [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    const page = new ChromiumPage(browser, profile, browser.stdio[3] as Writable, browser.stdio[4] as Readable);
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true });
    page.session = String(sessionId);
    await page.send('Page.navigate', { url });
    return page;
  }

  /** @returns the value of an expression in the page, once it is settled */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as Answer)['value'];
  }

  /** Moves the mouse along the points with its left button down. */
  async drag(points: readonly (readonly [x: number, y: number])[]): Promise<void> {
    const mouse = (type: string, [x, y]: readonly [number, number]) =>
      this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: 1 });
    const [first] = points;
    const last = points.at(-1);
    if (!first || !last) throw new Error('there are no points to drag along');
    await mouse('mousePressed', first);
    for (const point of points) await mouse('mouseMoved', point);
    await mouse('mouseReleased', last);
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => {
      this.browser.once('exit', resolve);
    });
    // Killed, it would leave processes behind that still write into the profile. It need not answer before it is gone.
    this.session = undefined;
    this.send('Browser.close', {}).catch(() => {});
    await exited;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private send(method: string, parameters: object): Promise<Answer> {
    const id = (this.sent += 1);
    const message = { id, method, params: parameters, ...(this.session !== undefined && { sessionId: this.session }) };
    this.input.write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
  }

  private read(text: string): void {
    const messages = (this.unread + text).split('\0');
    this.unread = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as { id?: number; result?: Answer; error?: Answer };
      const waiter = id === undefined ? undefined : this.waiting.get(id);
      if (id === undefined || !waiter) continue;
      this.waiting.delete(id);
      if (error) waiter.reject(new Error(JSON.stringify(error)));
      else waiter.resolve(result ?? {});
    }
  }
}
