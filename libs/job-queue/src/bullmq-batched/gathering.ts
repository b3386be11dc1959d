interface Gathered<T> {
  readonly items: T[];
  readonly sent: Promise<void>;
}

/**
 * Puts together what is asked for in one turn of the event loop, for each queue: requests that the network brought
 * together travel on together. It ends with the turn, so that nothing waits for company.
 */
export class Gathering<T> {
  private readonly open = new Map<string, Gathered<T>>();

  constructor(private readonly send: (queue: string, items: readonly T[]) => Promise<void>) {}

  add(queue: string, items: readonly T[]): Promise<void> {
    let gathered = this.open.get(queue);
    if (!gathered) this.open.set(queue, (gathered = this.begin(queue)));
    gathered.items.push(...items);
    return gathered.sent;
  }

  private begin(queue: string): Gathered<T> {
    const items: T[] = [];
    const sent = new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.open.delete(queue);
        this.send(queue, items).then(resolve, reject);
      });
    });
    return { items, sent };
  }
}
