import type { DesiredState, WorkerReport } from '@sluice/cluster';
import type { ApiConfig, WorkerConfig } from '@sluice/config';
import type { ModelRef } from '@sluice/contracts';

/** What was found out, before anybody judges it. `undefined` in it: that could not be found out. */
export interface Facts {
  readonly settings: SettingsFacts;
  readonly machine: MachineFacts;
  readonly modelsFolder: ModelsFolderFacts;
  /** A text: why Redis cannot be asked. */
  readonly redis: RedisFacts | string;
  /** A text: why it is not known who is there. */
  readonly cluster: ClusterFacts | string;
  readonly commands: Commands;
}

/** The beginnings of commands that put things right, for this Redis and this API. No password is in them. */
export interface Commands {
  readonly redisCli: string;
  /** `curl` with method POST, up to the path. */
  readonly post: string;
  /** The same with method PUT. */
  readonly put: string;
}

export interface SettingsFacts {
  /** What each process would start with; a text: why it would not start. */
  readonly api: ApiConfig | string;
  readonly worker: WorkerConfig | string;
  /** A sentence for each variable that looks like a setting and is none. */
  readonly unknown: readonly string[];
}

export interface MachineFacts {
  /** `20.19.5`. */
  readonly node: string;
  readonly openFiles: number | undefined;
  /** How many connections the API is to hold. */
  readonly maxConnections: number;
  readonly memoryBytes: number;
}

export interface ModelsFolderFacts {
  readonly folder: string;
  /** Why it cannot be read at all. */
  readonly fault: string | undefined;
  readonly versions: number;
  /** One for each version that cannot be loaded. */
  readonly faults: readonly string[];
  /** Of the model files together. */
  readonly bytes: number;
}

export interface RedisFacts {
  /** Its URL, without a password. */
  readonly address: string;
  /** What INFO says, by field. */
  readonly info: ReadonlyMap<string, string>;
  /** What CONFIG GET says of the parameters that matter; undefined where it is forbidden, as managed services do. */
  readonly config: ReadonlyMap<string, string> | undefined;
  readonly user: string;
  readonly prefix: string;
  /** Commands that the user may not run, or not on Sluice's keys and channels. */
  readonly denied: readonly string[];
  /** Redis' clock minus ours. */
  readonly clockOffsetMs: number;
  readonly pingsMs: readonly number[];
}

export interface ClusterFacts {
  readonly workers: readonly WorkerReport[];
  readonly wishes: ReadonlyMap<string, DesiredState>;
  readonly queues: readonly QueueFacts[];
  /** Whether queues were searched for that no worker told about. */
  readonly isComplete: boolean;
  readonly maxWaiting: number;
}

export interface QueueFacts {
  readonly name: string;
  /** Undefined for a queue that is not of a model. */
  readonly ref: ModelRef | undefined;
  readonly waiting: number;
  readonly active: number;
  readonly paused: boolean;
}
