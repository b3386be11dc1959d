import { Module } from '@nestjs/common';
import { ColdStarts } from '../placement/cold-starts.js';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelsController } from './models.controller.js';

@Module({
  controllers: [ModelsController],
  providers: [ModelCatalogue, ColdStarts],
  exports: [ModelCatalogue, ColdStarts],
})
export class ModelsModule {}
