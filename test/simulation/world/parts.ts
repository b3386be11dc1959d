import 'reflect-metadata';
import type { DynamicModule, InjectionToken, Provider } from '@nestjs/common';

type Class<T = unknown> = abstract new (...args: never[]) => T;

/**
 * The parts of a module, wired as Nest wires them but in a hundredth of its time (a context of the worker's module takes
 * Nest 10 ms, and a run of the simulation starts several). It reads the module's own list of providers, so that there is
 * no second wiring that could drift; `parts.spec.ts` compares it with Nest.
 */
export class Parts {
  private readonly providers: Map<InjectionToken, Provider>;
  private readonly made = new Map<InjectionToken, unknown>();

  /** @param instead providers that take the place of the module's own */
  constructor({ providers = [] }: DynamicModule, instead: readonly Provider[] = []) {
    this.providers = new Map([...providers, ...instead].map((provider) => [tokenOf(provider), provider]));
    for (const token of this.providers.keys()) this.resolve(token);
  }

  get tokens(): InjectionToken[] {
    return [...this.providers.keys()];
  }

  get<T>(token: Class<T>): T {
    const part = this.resolve(token as InjectionToken);
    if (part instanceof token) return part;
    throw new Error(`the part for ${token.name} is none`);
  }

  resolve(token: InjectionToken): unknown {
    if (this.made.has(token)) return this.made.get(token);
    const provider = this.providers.get(token);
    if (!provider) throw new Error(`the module provides no ${String(token)}`);
    const part = this.make(provider);
    this.made.set(token, part);
    return part;
  }

  /** As when Nest has made its context. */
  async start(): Promise<void> {
    await Promise.all([...this.made.values()].map((part) => callHook(part, 'onApplicationBootstrap')));
  }

  /** As when Nest closes its context. */
  async stop(): Promise<void> {
    await Promise.all([...this.made.values()].map((part) => callHook(part, 'onApplicationShutdown')));
  }

  private make(provider: Provider): unknown {
    if (typeof provider === 'function') return this.construct(provider);
    if ('useValue' in provider) return provider.useValue;
    if ('useClass' in provider) return this.construct(provider.useClass);
    if ('useFactory' in provider)
      return provider.useFactory(...(provider.inject ?? []).map((each) => this.required(each)));
    throw new Error('the simulation knows no aliases of providers');
  }

  private construct(type: new (...args: unknown[]) => unknown): unknown {
    const tokens: InjectionToken[] = Reflect.getMetadata('design:paramtypes', type) ?? [];
    return new type(...tokens.map((each) => this.resolve(each)));
  }

  private required(token: unknown): unknown {
    if (typeof token === 'object') throw new Error('the simulation knows no optional providers');
    return this.resolve(token as InjectionToken);
  }
}

function tokenOf(provider: Provider): InjectionToken {
  return typeof provider === 'function' ? provider : provider.provide;
}

async function callHook(part: unknown, name: 'onApplicationBootstrap' | 'onApplicationShutdown'): Promise<void> {
  if (typeof part !== 'object' || part === null) return;
  const hook: unknown = Reflect.get(part, name);
  if (typeof hook === 'function') await Reflect.apply(hook, part, []);
}
