/** The classes of work that share a device. More can be configured, and a model can name the one that it belongs to. */
export const INFERENCE_CLASS = 'inference';
export const MODEL_UPDATE_CLASS = 'model-update';
