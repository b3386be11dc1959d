import { lookup } from 'node:dns/promises';

export interface Upstreams {
  /** The addresses there are now, in the order in which a new connection should try them. Never rejects: [] when none. */
  candidates(): Promise<string[]>;
  opened(address: string): void;
  closed(address: string): void;
}

/**
 * The addresses behind one name: the one with the fewest open connections first. Connections are kept alive, so their
 * number is what tells how much an address has to do; taking turns would leave the one that came last with the least.
 */
export class NamedUpstreams implements Upstreams {
  private readonly open = new Map<string, number>();
  private turn = 0;

  /** @param resolve all addresses of the name; asked for every connection, because replicas come and go */
  constructor(
    private readonly name: string,
    private readonly resolve: (name: string) => Promise<readonly string[]> = resolveAll,
  ) {}

  async candidates(): Promise<string[]> {
    // Docker forgets the name when the last container of it is gone.
    const addresses = await this.resolve(this.name).catch(() => []);
    const first = this.turn++ % Math.max(1, addresses.length);
    const rotated = [...addresses.slice(first), ...addresses.slice(0, first)];
    return rotated.toSorted((a, b) => this.openTo(a) - this.openTo(b));
  }

  opened(address: string): void {
    this.open.set(address, this.openTo(address) + 1);
  }

  closed(address: string): void {
    const left = this.openTo(address) - 1;
    if (left > 0) this.open.set(address, left);
    else this.open.delete(address);
  }

  private openTo(address: string): number {
    return this.open.get(address) ?? 0;
  }
}

async function resolveAll(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}
