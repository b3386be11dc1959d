/** What this process may use of the machine, and where it lies. */
export interface MachineTopology {
  /** Those with cores that we may use, by id; empty where nothing tells (see `unknown`). */
  readonly nodes: readonly NumaNode[];
  /** Nodes of whose memory we may take. With several of them it matters where memory lies. */
  readonly memoryNodes: readonly number[];
  /** Hardware threads of the whole machine. */
  readonly machineCpus: number;
  /** CPU time a second that the cgroup grants, in CPUs; undefined without a limit. */
  readonly cpuQuota: number | undefined;
  /** In the order of `nvidia-smi`. */
  readonly gpus: readonly Gpu[];
  /** Why `nodes` is empty; `machineCpus` is all that is known then. */
  readonly unknown: string | undefined;
}

export interface NumaNode {
  readonly id: number;
  readonly cores: readonly PhysicalCore[];
  readonly memoryBytes: number;
}

/** Its hardware threads (SMT siblings) that we may use: one at least. */
export type PhysicalCore = readonly number[];

export interface Gpu {
  /** Of `nvidia-smi`: by PCI address. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  /** The NUMA node that it is next to, where the machine tells. */
  readonly node: number | undefined;
}
