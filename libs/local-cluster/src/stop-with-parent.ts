const STOP_TIMEOUT_MS = 10_000;

/**
 * For processes that `startNodeProcess` starts: stops this one, as SIGTERM would, when its parent is gone, however that
 * ended: their IPC channel closes. Does nothing in a process without such a parent.
 */
export function stopWithParent(): void {
  if (!process.channel) return;
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  });
  // The channel alone keeps nothing alive.
  process.channel.unref();
}
