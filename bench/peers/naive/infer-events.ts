import { QueueEventsHost, QueueEventsListener } from '@nestjs/bullmq';
import { QUEUE_NAME } from './queue-name.js';

/** What happens to the jobs, as the controller waits for it. */
@QueueEventsListener(QUEUE_NAME)
export class InferEvents extends QueueEventsHost {}
