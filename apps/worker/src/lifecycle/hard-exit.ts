import { Injectable } from '@nestjs/common';

/**
 * Ends this process as a crash would: what it holds goes back, and whoever supervises it starts another. A part of its
 * own because a simulated worker is no process.
 */
@Injectable()
export class HardExit {
  now(): void {
    // An orderly exit would abort: a thread that computes cannot be ended.
    process.kill(process.pid, 'SIGKILL');
  }
}
