import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { rootSchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { SERVER } from './server-metadata.js';

/** Where to go from here. It says no more than anybody may know who has no key: what is behind the links asks for one. */
const SIGNPOST = {
  name: SERVER.name,
  links: {
    documentation: '/docs',
    openapi: '/docs-json',
    queues: '/queues',
    server: '/v2',
    live: '/v2/health/live',
    ready: '/v2/health/ready',
  },
} as const;

/** For whoever opens the address without a path. */
@ApiTags('server')
@Controller()
export class RootController {
  @Get()
  @OpenTo('everyone')
  @ApiOperation({ summary: 'What this is, and where its parts are' })
  @ApiResponse({ status: 200, description: 'Paths on this server; its version is behind `server`', schema: rootSchema })
  signpost(): typeof SIGNPOST {
    return SIGNPOST;
  }
}
