import { compileApiConfig, compileWorkerConfig } from './config.js';

const share = (text: string) => compileWorkerConfig({ SLUICE_SHARE: text }).scheduling.classes;

describe('the settings of the scheduler', () => {
  it('share the device 70 to 30, inference up to 500 ms ahead, in slices of 10 ms', () => {
    expect(compileWorkerConfig({}).scheduling).toMatchObject({
      classes: [
        { name: 'inference', weight: 70, creditMs: 500 },
        { name: 'model-update', weight: 30, creditMs: 0 },
      ],
      sliceMs: 10,
    });
  });

  it('take more classes, other weights, and credit for several or for none', () => {
    const SLUICE_SHARE = 'inference:2, night:0.5, model-update:1';
    const critical = { SLUICE_LATENCY_CRITICAL: 'inference, night', SLUICE_SHARE_CREDIT_MS: '0' };
    expect(compileWorkerConfig({ SLUICE_SHARE, ...critical }).scheduling.classes).toEqual([
      { name: 'inference', weight: 2, creditMs: 0 },
      { name: 'night', weight: 0.5, creditMs: 0 },
      { name: 'model-update', weight: 1, creditMs: 0 },
    ]);
  });

  it.each([
    ['inference:0,model-update:30', 'SLUICE_SHARE: "inference:0": expected a weight above 0, for example inference:70'],
    ['inference:-1,model-update:30', 'SLUICE_SHARE: "inference:-1": expected a weight above 0'],
    ['inference:much,model-update:30', 'SLUICE_SHARE: "inference:much": expected a weight above 0'],
    ['inference:Infinity,model-update:30', 'expected a weight above 0'],
    ['inference,model-update:30', 'SLUICE_SHARE: "inference": expected a class and its weight'],
    ['inference:70,inference:70,model-update:30', 'SLUICE_SHARE: class inference comes twice, expected each once'],
    ['Inference:70', 'SLUICE_SHARE: "Inference:70": a class begins with a small letter'],
    ['inference:70', 'SLUICE_SHARE: expected a weight for model-update too'],
    ['model-update:30', 'SLUICE_SHARE: expected a weight for inference too'],
  ])('refuse the share %s', (text, message) => {
    expect(() => share(text)).toThrow(message);
  });

  it.each([
    ['SLUICE_LATENCY_CRITICAL', 'training', 'there is no class "training", expected some of inference, model-update'],
    ['SLUICE_LATENCY_CRITICAL', 'inference,', 'there is no class "", expected some of inference, model-update'],
    ['SLUICE_SHARE_CREDIT_MS', '-1', 'expected whole milliseconds from 0 to 60000'],
    ['SLUICE_SHARE_CREDIT_MS', 'some', 'expected whole milliseconds from 0 to 60000'],
    ['SLUICE_SHARE_CREDIT_MS', 'Infinity', 'expected whole milliseconds from 0 to 60000'],
    ['SLUICE_SLICE_MS', '0', 'expected whole milliseconds from 1 to 1000'],
    ['SLUICE_SLICE_MS', '2.5', 'expected whole milliseconds from 1 to 1000'],
    ['SLUICE_SLICE_MS', 'NaN', 'expected whole milliseconds from 1 to 1000'],
    ['SCHEDTRACE', '0', 'expected whole milliseconds from 100 to 3600000'],
    ['SCHEDTRACE', 'on', 'expected whole milliseconds from 100 to 3600000'],
  ])('refuse %s=%s, with its name and what is allowed', (name, value, message) => {
    expect(() => compileWorkerConfig({ [name]: value })).toThrow(`${name}: ${message}`);
  });

  it('trace in both apps, and only when asked to', () => {
    for (const compile of [compileApiConfig, compileWorkerConfig]) {
      expect(compile({}).schedTraceMs).toBeUndefined();
      expect(compile({ SCHEDTRACE: '1000' }).schedTraceMs).toBe(1_000);
      expect(() => compile({ SCHEDTRACE: '-1000' })).toThrow('SCHEDTRACE: expected whole milliseconds');
    }
  });
});
