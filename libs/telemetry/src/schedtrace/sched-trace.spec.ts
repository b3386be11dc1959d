import { activitySince, totalActivity } from './activity.js';
import { schedTrace, type TracedWorker } from './sched-trace.js';
import { schedTraceLine } from './sched-trace-line.js';

const FACTS = { uptimeMs: 12_003.4, shared: [17, 0], own: [3, 0, 5], refused: 3, loopGapMs: 3.6 };
const worker = (inferenceMs: number, updateMs: number, counts: Partial<TracedWorker> = {}): TracedWorker => ({
  device: 'running',
  searching: false,
  leasedNotStarted: 0,
  classes: [
    { name: 'inference', weight: 70, deviceMs: inferenceMs },
    { name: 'model-update', weight: 30, deviceMs: updateMs },
  ],
  batches: 0,
  rows: 0,
  slices: 0,
  expired: 0,
  ...counts,
});

describe('a line of SCHEDTRACE', () => {
  it('sums the workers up: how they are now, what they did in the interval, and their share since they started', () => {
    const busy = { batches: 300, rows: 8_400, slices: 100, expired: 7, leasedNotStarted: 8 };
    const now = [
      worker(7_000, 3_000, busy),
      worker(20, 0, { batches: 12, rows: 221, device: 'idle', searching: true }),
      worker(0, 0, { device: 'idle' }),
    ];
    const before = [worker(6_644, 2_856, { batches: 100, rows: 2_600, slices: 4 }), undefined, worker(0, 0)];
    const interval = totalActivity(now.map((each, index) => activitySince(before[index], each)));
    const trace = schedTrace(now, interval, FACTS);
    expect(schedTraceLine(trace)).toBe(
      'SCHED 12003ms: workers=3 idle=2 searching=1 leased=8 shared=[17 0] own=[3 0 5] ' +
        'share=inference:72.3/70 model-update:27.7/30 (since start 70.1/29.9) ' +
        'batches=212 mean=28.4 slices=96 expired=7 refused=3 gap=4ms',
    );
  });

  it('tells a share that is not a whole percent, of classes that not every worker has', () => {
    const classes = [
      { name: 'inference', weight: 2, deviceMs: 10 },
      { name: 'model-update', weight: 1, deviceMs: 0 },
    ];
    const more = [...classes, { name: 'batch', weight: 3, deviceMs: 30 }];
    const now = [worker(0, 0, { classes }), worker(0, 0, { classes: more })];
    const trace = schedTrace(now, totalActivity(now), FACTS);
    expect(schedTraceLine(trace)).toContain(
      'share=inference:40.0/33.3 model-update:0.0/16.7 batch:60.0/50 (since start 40.0/0.0/60.0)',
    );
  });

  it('claims nothing where nothing ran, and refuses nothing on a worker', () => {
    const still = worker(70, 30, { device: 'idle' });
    const line = schedTraceLine(schedTrace([still], activitySince(still, still), { ...FACTS, refused: undefined }));
    expect(line).toContain('share=inference:-/70 model-update:-/30 (since start 70.0/30.0) batches=0 mean=- slices=0');
    expect(line).not.toContain('refused');
  });

  it('is there before any worker is', () => {
    const line = schedTraceLine(schedTrace([], totalActivity([]), { ...FACTS, shared: [], own: [] }));
    expect(line).toBe(
      'SCHED 12003ms: workers=0 idle=0 searching=0 leased=0 shared=[] own=[] batches=0 mean=- slices=0 expired=0 refused=3 gap=4ms',
    );
  });
});
