import { Module } from '@nestjs/common';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelsController } from './models.controller.js';

@Module({ controllers: [ModelsController], providers: [ModelCatalogue], exports: [ModelCatalogue] })
export class ModelsModule {}
