import { Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import { OpenTo } from '../door/access.js';
import { INFER_EXAMPLE } from '../docs/infer-example.js';
import { acceptedJobSchema, inferRequestSchema, inferResponseSchema } from '../docs/schemas.js';
import { parseAsync } from '../jobs/jobs-query.js';
import { inferMessage } from './infer-message.js';
import { InferenceService } from './inference.service.js';
import { AFFINITY_HEADER } from './protocol/affinity-header.js';
import { DEADLINE_HEADER } from './protocol/deadline-header.js';

const BODY = { schema: inferRequestSchema, examples: { digits: { summary: 'digits', value: INFER_EXAMPLE } } };
const ANSWER = {
  status: 200,
  description: 'The outputs, in the order asked for; those asked for as binary data behind the JSON',
  schema: inferResponseSchema,
};

/** Requests to models. The body is taken as bytes whatever its content type: the official clients send none. */
@ApiTags('inference')
@ApiParam({ name: 'model', example: 'digits' })
@ApiHeader({
  name: 'Inference-Header-Content-Length',
  required: false,
  description: 'Bytes of JSON at the start of the body, raw tensors behind them; 0: the body is the only input, raw',
})
@ApiHeader({ name: 'Content-Encoding', required: false, description: 'gzip, deflate or identity' })
@ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'The same request with the same key runs once and is answered alike, for SLUICE_KEEP_ASYNC_RESULTS_MS',
})
@ApiHeader({
  name: DEADLINE_HEADER,
  required: false,
  description:
    'Milliseconds that the request may take, 1 to 86400000; of this and parameters.timeout the shorter holds',
})
@ApiHeader({
  name: AFFINITY_HEADER,
  required: false,
  description: 'Requests with the same key go to the same worker while that pays, if the model is configured for it',
})
@ApiQuery({ name: 'async', required: false, schema: { type: 'boolean' }, description: 'Answer 202 and do not wait' })
@ApiResponse({ status: 202, description: 'async=true: accepted, `Location` names the job', schema: acceptedJobSchema })
@ApiErrors({
  400: 'What is wrong with the request, and what was expected',
  404: 'No such model or version',
  410: 'The job was removed from its queue by an operator',
  413: 'The body is larger than SLUICE_MAX_BODY_BYTES, as sent or decompressed',
  415: 'The body is compressed with something else than gzip or deflate',
  422: 'The Idempotency-Key was used for another request',
  429: 'The queue is full, the deadline could not be met, or a limit of the key is reached: try again after Retry-After',
  500: 'The model failed on this request',
  503: 'The model, its workers or Redis are not available, or the queue is paused: x-sluice-error says which',
  504: 'Not answered within the deadline',
})
@Controller('v2/models/:model')
export class InferController {
  constructor(private readonly inference: InferenceService) {}

  @Post('infer')
  @OpenTo('infer')
  @HttpCode(200)
  @ApiResponse(ANSWER)
  @ApiBody(BODY)
  @ApiOperation({ summary: 'Run the version that serves' })
  infer(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('model') model: string): Promise<void> {
    return this.answer(request, reply, model);
  }

  @Post('versions/:version/infer')
  @OpenTo('infer')
  @HttpCode(200)
  @ApiResponse(ANSWER)
  @ApiParam({ name: 'version', example: '1' })
  @ApiBody(BODY)
  @ApiOperation({ summary: 'Run a version' })
  inferVersion(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('model') model: string,
    @Param('version') version: string,
  ): Promise<void> {
    return this.answer(request, reply, model, version);
  }

  private async answer(request: FastifyRequest, reply: FastifyReply, model: string, version?: string): Promise<void> {
    if (parseAsync(request.query as Record<string, unknown>)) {
      const job = await this.inference.submit(inferMessage(request), model, version);
      await reply.status(202).header('location', `/jobs/${job.id}`).send(job);
      return;
    }
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    const { headers, body } = await this.inference.infer(inferMessage(request), model, version, gone.signal);
    // Nest would serialise again what is text already.
    await reply.status(200).headers(headers).send(body);
  }
}
