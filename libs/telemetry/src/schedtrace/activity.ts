/** What a worker has done since it started, as far as the scheduler is concerned. Nothing in it ever decreases. */
export interface Activity {
  readonly classes: readonly ClassActivity[];
  readonly batches: number;
  readonly rows: number;
  readonly slices: number;
  /** Jobs that expired before they cost device time. */
  readonly expired: number;
}

export interface ClassActivity {
  readonly name: string;
  readonly weight: number;
  /** Device time that it was charged. */
  readonly deviceMs: number;
}

/** What happened between two looks at one worker. @param before undefined: it had not been seen yet */
export function activitySince(before: Activity | undefined, now: Activity): Activity {
  if (!before) return now;
  return {
    classes: now.classes.map(({ name, weight, deviceMs }) => {
      return { name, weight, deviceMs: deviceMs - (before.classes.find((each) => each.name === name)?.deviceMs ?? 0) };
    }),
    batches: now.batches - before.batches,
    rows: now.rows - before.rows,
    slices: now.slices - before.slices,
    expired: now.expired - before.expired,
  };
}

/** What several workers did. Of a class that they weigh differently the first weight is told. */
export function totalActivity(activities: readonly Activity[]): Activity {
  const classes = new Map<string, ClassActivity>();
  for (const { name, weight, deviceMs } of activities.flatMap((each) => each.classes)) {
    const known = classes.get(name);
    classes.set(name, { name, weight: known?.weight ?? weight, deviceMs: deviceMs + (known?.deviceMs ?? 0) });
  }
  const sum = (count: (activity: Activity) => number) => activities.reduce((total, each) => total + count(each), 0);
  return {
    classes: [...classes.values()],
    batches: sum(({ batches }) => batches),
    rows: sum(({ rows }) => rows),
    slices: sum(({ slices }) => slices),
    expired: sum(({ expired }) => expired),
  };
}
