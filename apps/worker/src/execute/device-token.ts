/** The right to use the device: one holder at a time, in the order of asking. Nothing runs without it. */
export class DeviceToken {
  private last: Promise<unknown> = Promise.resolve();

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const before = this.last;
    const turn = before.then(work, work);
    // Whoever comes next waits for us, however we end.
    this.last = turn.catch(() => {});
    return turn;
  }
}
