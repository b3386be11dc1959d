import { assertNever, SluiceError } from '@sluice/contracts';
import type { SandboxLimits } from './sandbox-limits.js';

/** What the process was at: `starting` is before it has touched the version. */
export type TrialPhase = 'starting' | 'opening' | 'running';

/** How a process of the sandbox has ended without telling a result. */
export type TrialEnd =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'time' }
  /** It has waited for a processor for most of its time. */
  | { readonly kind: 'starved' }
  | { readonly kind: 'given-up' }
  | {
      readonly kind: 'died';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      /** The end of what it wrote to stderr. */
      readonly said: string;
    };

const DOING = { starting: 'starting the sandbox', opening: 'opening it', running: 'running it with one row' } as const;

/**
 * Why a version did not come through, for people. What happened before the version was touched, and what others did to the
 * process, is not its fault: that may go well another time, and so says the code.
 */
export function faultOf(end: TrialEnd, phase: TrialPhase, limits: SandboxLimits): SluiceError {
  const doing = DOING[phase];
  const fault = (message: string) => new SluiceError(phase === 'starting' ? 'internal' : 'invalid_request', message);
  switch (end.kind) {
    case 'refused':
      return fault(end.reason);
    case 'memory':
      return fault(
        `${doing} took more than ${gigabytes(limits.memoryBytes)} of memory ` +
          '(if it needs them, SLUICE_SANDBOX_MEMORY_BYTES of the workers raises the limit)',
      );
    case 'time':
      return fault(
        `${doing} took longer than ${Math.round(limits.timeoutMs / 1000)} s ` +
          '(if it needs more, SLUICE_SANDBOX_TIMEOUT_MS of the workers raises the limit)',
      );
    case 'starved':
      return new SluiceError('internal', `${doing} got no processor in time: the machine is too busy`);
    case 'given-up':
      return new SluiceError('shutting_down', `${doing} was given up: another worker does it`);
    case 'died':
      return deathFault(end, doing, fault);
    default:
      return assertNever(end);
  }
}

function deathFault(
  { code, signal, said }: Extract<TrialEnd, { kind: 'died' }>,
  doing: string,
  fault: (message: string) => SluiceError,
): SluiceError {
  const last = said === '' ? '' : `: ${said}`;
  // Nobody here sends it without noting why: the system did, or somebody else.
  if (signal === 'SIGKILL' || signal === 'SIGTERM')
    return new SluiceError('internal', `${doing} was killed (${signal}), perhaps because memory ran out${last}`);
  if (signal) return fault(`${doing} crashed the runtime (${signal})${last}`);
  return fault(`${doing} ended the process with code ${code}${last}`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
