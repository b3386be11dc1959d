import { checkLoadRequest, checkUnloadRequest, readIndexRequest } from './repository-request.js';

const body = (text: string) => Buffer.from(text);

describe('a request to the repository', () => {
  it('may have no body, an empty one, or one without members', () => {
    for (const each of [undefined, body(''), body('{}'), body('{"parameters":{}}')]) {
      expect(readIndexRequest(each)).toEqual({ readyOnly: false });
      expect(() => checkLoadRequest(each)).not.toThrow();
      expect(() => checkUnloadRequest(each)).not.toThrow();
    }
  });

  it('may ask for what is ready, and say what to do about dependents', () => {
    expect(readIndexRequest(body('{"ready":true}'))).toEqual({ readyOnly: true });
    expect(() => checkUnloadRequest(body('{"parameters":{"unload_dependents":true}}'))).not.toThrow();
  });

  it.each([
    ['text', readIndexRequest, 'ready', /^body: expected JSON/],
    ['a list', readIndexRequest, '[]', 'body: expected an object, got a list of 0'],
    ['ready as text', readIndexRequest, '{"ready":"yes"}', "ready: expected true or false, got 'yes'"],
    ['parameters as text', checkLoadRequest, '{"parameters":"x"}', "parameters: expected an object, got 'x'"],
    [
      'a configuration',
      checkLoadRequest,
      '{"parameters":{"config":"{}"}}',
      "parameters['config']: expected nothing (models are loaded as they are in the folder), got '{}'",
    ],
    ['a file', checkLoadRequest, '{"parameters":{"file:1/model.onnx":"AA=="}}', /as they are in the folder/],
    ['an unknown parameter', checkLoadRequest, '{"parameters":{"x":1}}', /there is no such parameter/],
    ['a number of dependents', checkUnloadRequest, '{"parameters":{"unload_dependents":1}}', /expected true or false/],
    ['another parameter', checkUnloadRequest, '{"parameters":{"x":1}}', /there is no such parameter/],
  ])('is refused with %s', (_, read, text, message) => {
    expect(() => read(body(text))).toThrow(message);
  });
});
