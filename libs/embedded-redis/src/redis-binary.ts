/** An executable that serves Redis' protocol, and how to start it. */
export interface RedisBinary {
  /** A path, or a name that the operating system finds on the PATH. */
  readonly command: string;
  /** What the process is told it is called, where that is not the command: see `locate-redis.ts`. */
  readonly argv0?: string;
  /** For people: `Redis 7.0.15`, `Valkey 8.1.0`. */
  readonly version: string;
}
