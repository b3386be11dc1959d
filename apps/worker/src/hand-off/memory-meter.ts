import { Injectable } from '@nestjs/common';

/** How much memory this process has. */
@Injectable()
export class MemoryMeter {
  /** What it holds of the machine's memory, native code included, in bytes. */
  residentBytes(): number {
    return process.memoryUsage.rss();
  }
}
