import type { RolloutView } from '../client/answers.js';
import { changedLines, drawRollout } from './draw-rollout.js';

export type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Shows a rollout as it goes on: redrawn in its place on a terminal, line by line in a file. */
export class RolloutScreen {
  private latest: RolloutView | undefined;
  private drawn = 0;

  constructor(private readonly out: Screen) {}

  /** Something has happened, which stays on the screen. */
  step(at: string, message: string): void {
    this.erase();
    this.out.write(`${at.slice(11, 19)}  ${message}\n`);
    this.draw();
  }

  show(rollout: RolloutView): void {
    if (!this.out.isTTY) for (const line of changedLines(this.latest, rollout)) this.out.write(`          ${line}\n`);
    this.latest = rollout;
    this.erase();
    this.draw();
  }

  private draw(): void {
    if (!this.out.isTTY || !this.latest) return;
    const lines = drawRollout(this.latest);
    this.out.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  private erase(): void {
    if (this.drawn > 0) this.out.write(`\u001B[${this.drawn}A\u001B[J`);
    this.drawn = 0;
  }
}
