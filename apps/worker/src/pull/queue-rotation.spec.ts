import { QueueRotation } from './queue-rotation.js';

describe('QueueRotation', () => {
  it('puts whoever was served last at the end', () => {
    const rotation = new QueueRotation();
    expect(rotation.order(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    rotation.served('b');
    expect(rotation.order(['a', 'b', 'c'])).toEqual(['c', 'a', 'b']);
    rotation.served('c');
    expect(rotation.order(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  });

  it('bears a queue that is gone', () => {
    const rotation = new QueueRotation();
    rotation.served('gone');
    expect(rotation.order(['a', 'b'])).toEqual(['a', 'b']);
  });
});
