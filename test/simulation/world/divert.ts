/** The same port, with some of its calls going another way. */
export function divert<T extends object>(port: T, instead: Partial<T>): T {
  return new Proxy(port, {
    get: (target, name) => {
      const owner = Object.hasOwn(instead, name) ? instead : target;
      const value: unknown = Reflect.get(owner, name);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, owner, args) : value;
    },
  });
}
