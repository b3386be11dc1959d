import { Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import { INFER_EXAMPLE } from '../docs/infer-example.js';
import { inferRequestSchema, inferResponseSchema } from '../docs/schemas.js';
import { InferenceService } from './inference.service.js';
import { requestBody } from './request-body.js';

const BODY = { schema: inferRequestSchema, examples: { digits: { summary: 'digits', value: INFER_EXAMPLE } } };
const ANSWER = { status: 200, description: 'The outputs, in the order asked for', schema: inferResponseSchema };

/** Requests to models. The body is taken as bytes whatever its content type: the official clients send none. */
@ApiTags('inference')
@ApiParam({ name: 'model', example: 'digits' })
@ApiErrors({
  400: 'What is wrong with the request, and what was expected',
  404: 'No such model or version',
  410: 'The job was removed from its queue by an operator',
  413: 'The body is larger than SLUICE_MAX_BODY_BYTES',
  415: 'The body is compressed',
  429: 'The queue is full: try again after Retry-After',
  500: 'The model failed on this request',
  503: 'The model, its workers or Redis are not available, or the queue is paused: x-sluice-error says which',
  504: 'Not answered within the deadline',
})
@Controller('v2/models/:model')
export class InferController {
  constructor(private readonly inference: InferenceService) {}

  @Post('infer')
  @HttpCode(200)
  @ApiResponse(ANSWER)
  @ApiBody(BODY)
  @ApiOperation({ summary: 'Run the version that serves' })
  infer(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('model') model: string): Promise<void> {
    return this.answer(request, reply, model);
  }

  @Post('versions/:version/infer')
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
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    const json = await this.inference.infer(requestBody(request), model, version, gone.signal);
    // Nest would serialise again what is text already.
    await reply.status(200).header('content-type', 'application/json').send(json);
  }
}
