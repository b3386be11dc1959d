/** Whose turn it is among queues: after one has been served the others come first, so that none is passed over for ever. */
export class QueueRotation {
  private lastServed: string | undefined;

  order(queues: readonly string[]): string[] {
    const next = this.lastServed === undefined ? 0 : queues.indexOf(this.lastServed) + 1;
    return [...queues.slice(next), ...queues.slice(0, next)];
  }

  served(queue: string): void {
    this.lastServed = queue;
  }
}
