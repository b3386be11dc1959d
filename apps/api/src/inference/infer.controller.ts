import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorSchema, inferRequestSchema, inferResponseSchema } from '../docs/schemas.js';
import { InferenceService } from './inference.service.js';

const EMPTY = new Uint8Array();
const BODY = { schema: inferRequestSchema };

/** Requests to models. The body is taken as bytes whatever its content type: the official clients send none. */
@ApiTags('inference')
@ApiParam({ name: 'model', example: 'digits' })
@ApiResponse({ status: 200, schema: inferResponseSchema })
@ApiResponse({ status: 400, description: 'What is wrong with the request, and what was expected', schema: errorSchema })
@ApiResponse({ status: 404, description: 'No such model or version', schema: errorSchema })
@ApiResponse({ status: 429, description: 'The queue is full: try again after Retry-After', schema: errorSchema })
@ApiResponse({ status: 503, description: 'The model, its workers or Redis are not available', schema: errorSchema })
@ApiResponse({ status: 504, description: 'Not answered within the deadline', schema: errorSchema })
@Controller('v2/models/:model')
export class InferController {
  constructor(private readonly inference: InferenceService) {}

  @Post('infer')
  @ApiBody(BODY)
  @ApiOperation({ summary: 'Run the version that serves' })
  infer(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('model') model: string): Promise<void> {
    return this.answer(request, reply, model);
  }

  @Post('versions/:version/infer')
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
    const onClose = () => {
      if (!reply.raw.writableFinished) gone.abort();
    };
    reply.raw.once('close', onClose);
    const body = request.body instanceof Uint8Array ? request.body : EMPTY;
    const json = await this.inference.infer(body, model, version, gone.signal);
    // Nest would serialise again what is text already.
    await reply.status(200).header('content-type', 'application/json').send(json);
  }
}
