import type { RedisBinary } from '@sluice/embedded-redis';
import type { Cleanups } from './cleanups.js';
import type { CpuUse } from './process-cpu.js';

/** One question that the bench answers with numbers. */
export interface Scenario {
  readonly name: string;
  /** What it measures, in one line. */
  readonly summary: string;
  /** What `--repetitions` and `--seconds` are when nobody names them, where the usual 5 times 4 s do not fit. */
  readonly defaults?: { readonly repetitions: number; readonly seconds: number };
  /** What `--seconds` is with `--quick`, where half a second shows nothing. */
  readonly quickSeconds?: number;
  /** @throws Error when an answer is wrong or a process fails: then nothing was measured */
  measure(bench: BenchRun): Promise<Measurement>;
}

/** What a scenario is given. */
export interface BenchRun {
  /** The repository's root: the built apps are in its dist/. */
  readonly root: string;
  readonly redis: RedisBinary;
  readonly repetitions: number;
  /** Length of the window that one repetition measures. */
  readonly windowMs: number;
  /** What the scenario starts is ended here, whatever happens to it. */
  readonly cleanups: Cleanups;
  /** Progress, for whoever watches. */
  tell(line: string): void;
}

export interface Measurement {
  /** One per repetition, all with the same keys: reported as their median, least and greatest. */
  readonly rounds: readonly Round[];
  /** What does not vary between repetitions. */
  readonly constants: Readonly<Record<string, number>>;
  /** What was measured at several settings, one each: medians. */
  readonly points?: readonly Readonly<Record<string, number | string>>[];
  /** The key of these; `points` by default. */
  readonly pointsKey?: string;
  /** How it was measured, and what to compare it with: for people, a line each. */
  readonly conditions: readonly string[];
}

export interface Round {
  /** By the keys of bench/README.md. */
  readonly values: Readonly<Record<string, number>>;
  /** Undefined where the operating system does not tell. */
  readonly cpu: CpuUse | undefined;
}
