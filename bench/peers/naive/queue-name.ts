/** Of the one queue between the API and the worker. */
export const QUEUE_NAME = 'inference';
